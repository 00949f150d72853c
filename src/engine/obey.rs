//! Asking a host's robots.txt before its pages (RFC 9309): once per origin, and again after a day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::USER_AGENT;
use http::{HeaderMap, Method};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::client::Client;
use super::clock::Deadline;
use super::config::Retry;
use super::error::{Error, Kind, Phase};
use super::exchange::Tools;
use super::gate::Pass;
use super::process::lock;
use super::request::{Own, Request};
use super::response::Outcome;
use super::retry::{self, Repeatable, Tries};
use super::robots::Rules;
use super::transport::Transport;

/// How long rules hold: RFC 9309, section 2.4. Those of a host that did not tell them (section 2.3.1.4) are asked for sooner.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);
const FRESH_UNTOLD: Duration = Duration::from_secs(10 * 60);
/// The longest delay that a host may ask for.
const MAX_DELAY: Duration = Duration::from_secs(60);
/// Origins remembered at most.
const ORIGINS: usize = 10_000;

/// The rules of the origins that were asked.
#[derive(Debug, Default)]
pub struct Robots(Mutex<HashMap<String, Arc<Known>>>);

/// What is known of an origin.
#[derive(Debug)]
struct Known {
    since: Instant,
    rules: OnceCell<Rules>,
    asking: Mutex<Asking>,
}

/// What came of asking so far.
#[derive(Debug, Default)]
struct Asking {
    tries: Tries,
    /// Not to be asked again before.
    next: Option<Instant>,
}

/// Why there are no rules yet.
enum Untold {
    /// They are asked for once more, after so long.
    Wait(Duration),
    /// It is too late to ask.
    Late(Deadline),
}

impl Robots {
    fn of(&self, origin: String) -> Arc<Known> {
        let mut origins = lock(&self.0);
        if let Some(known) = origins.get(&origin).filter(|known| known.is_fresh()) {
            return known.clone();
        }
        if origins.len() >= ORIGINS {
            origins.clear();
        }
        let known = Arc::new(Known { since: Instant::now(), rules: OnceCell::new(), asking: Mutex::default() });
        origins.insert(origin, known.clone());
        known
    }
}

impl Known {
    fn is_fresh(&self) -> bool {
        let untold = self.rules.get().is_some_and(|rules| *rules == Rules::unreachable());
        self.since.elapsed() < if untold { FRESH_UNTOLD } else { FRESH }
    }
}

impl<T: Transport> Client<T> {
    /// Sees to it that a request obeys its host's robots.txt. A wait says that it has to stand in line again: the host did not
    /// tell its rules yet, or asks for more time between two requests than was known when this one's turn came.
    ///
    /// # Errors
    /// Where it is not allowed.
    pub async fn obey_robots(
        &self,
        request: &Request,
        retry: Option<&Retry>,
        tools: &mut Tools,
        pass: Option<&Pass>,
    ) -> Result<Option<Duration>, Box<Error>> {
        let refuse = |kind, detail| Err(Error::unsent(kind, Phase::Input, request.method.clone(), request.url.as_str(), detail));
        let Some(robots) = self.robots() else { return Ok(None) };
        let known = robots.of(request.url.origin().ascii_serialization());
        let rules = match known.rules.get_or_try_init(|| self.ask_for_rules(request, retry, tools, &known.asking)).await {
            Ok(rules) => rules,
            Err(Untold::Wait(wait)) => return Ok(Some(wait)),
            Err(Untold::Late(deadline)) => return refuse(Kind::TotalTimeout, deadline.missed()),
        };
        if !rules.allows(request.url.as_str()) {
            return refuse(Kind::Disallowed, format!("the robots.txt of {} does not allow it", request.authority()));
        }
        let news = rules.delay(MAX_DELAY).zip(pass).is_some_and(|(delay, pass)| pass.slow(delay));
        Ok(news.then_some(Duration::ZERO))
    }

    async fn ask_for_rules(
        &self,
        request: &Request,
        retry: Option<&Retry>,
        tools: &mut Tools,
        asking: &Mutex<Asking>,
    ) -> Result<Rules, Untold> {
        // Others may have waited for an attempt that came to nothing.
        let wait = lock(asking).next.map(|next| next.saturating_duration_since(Instant::now()));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(Untold::Wait(wait));
        }
        let config = self.config();
        let agent = request.headers.get(USER_AGENT).or(config.headers.get(USER_AGENT));
        let agent = agent.and_then(|agent| agent.to_str().ok()).unwrap_or(&config.user_agent);
        let mut url = request.url.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        url.set_fragment(None);
        let Ok(asked) = Request::new(Method::GET, url.as_str()) else { return Ok(Rules::unreachable()) };
        // It leads elsewhere where the site says so, whatever is to be done with its pages (RFC 9309, section 2.3.1.2).
        let own = Own { follow_redirects: Some(true), ..Own::default() };
        let mut asked = Request { own: Some(Box::new(own)), timeout: request.timeout, headers: agent_only(request), ..asked };
        let (repeatable, deadline) = (Repeatable::of(&asked), tools.deadline());
        let again = |outcome: &mut Outcome| {
            let mut asking = lock(asking);
            let wait = retry::again(retry, &repeatable, outcome, &mut asking.tries, None, deadline)?;
            asking.next = Instant::now().checked_add(wait);
            Some(wait)
        };
        match self.exchange(&mut asked, tools, Duration::ZERO, again).await {
            Err(wait) => Err(Untold::Wait(wait)),
            Ok(Ok(answer)) => Ok(Rules::parse(agent, answer.status.as_u16(), &answer.body)),
            Ok(Err(_)) => match deadline.filter(|deadline| deadline.at <= Instant::now()) {
                Some(deadline) => Err(Untold::Late(deadline)),
                None => Ok(Rules::unreachable()),
            },
        }
    }
}

fn agent_only(request: &Request) -> HeaderMap {
    request.headers.get(USER_AGENT).map(|agent| (USER_AGENT, agent.clone())).into_iter().collect()
}
