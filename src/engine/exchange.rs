//! One request under way: authorize, attempt, remember cookies, follow redirects, until there is an answer.

mod tools;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use http::header::{COOKIE, HeaderValue, SET_COOKIE};
use http::{HeaderMap, Method};
use tokio::time::Instant;

use super::authorize::Authorizing;
use super::caller::{Callback, Event, EventKind};
use super::clock::earliest;
use super::config::Config;
use super::content::Content;
use super::error::{Error, Failure, Kind, Phase, redact_url};
use super::headers;
use super::injection;
use super::interim::Interim;
use super::reading::{Patience, Reader, is_decoded};
use super::redirect;
use super::request::Request;
use super::response::{Outcome, Rare, Response, Timings, micros, now};
use super::stage::Spent;
use super::transport::{OpenResponse, Over, Transport};
pub use tools::Tools;

/// One exchange under way.
pub struct Exchange<'a, T> {
    config: &'a Config,
    transport: &'a T,
    tools: &'a mut Tools,
    request: &'a mut Request,
    patience: Patience,
    authorizing: Authorizing,
    interim: Option<Interim>,
    /// The caller wrote the `Cookie` header.
    own_cookies: bool,
    /// No redirect has led away from the origin that the caller addressed, which is the client's where it has one.
    at_home: bool,
    attempts: u32,
    began: u64,
    queue: Duration,
    first_byte: Duration,
    head: Instant,
    history: Vec<Response>,
}

impl<'a, T: Transport> Exchange<'a, T> {
    /// An exchange that begins now; its request has waited for so long.
    pub fn new(config: &'a Config, transport: &'a T, tools: &'a mut Tools, request: &'a mut Request, queue: Duration) -> Self {
        let start = Instant::now();
        tools.stage.begin();
        let patience = Patience { timeout: request.timeout.unwrap_or(config.timeout), start, deadline: tools.deadline };
        let gave_cookies = request.own.as_ref().is_some_and(|own| own.cookies.is_some());
        let own_cookies = !gave_cookies && request.headers.contains_key(COOKIE);
        let at_home = config.base_url.as_ref().is_none_or(|base| base.origin() == request.url.origin());
        Self {
            config,
            transport,
            tools,
            request,
            patience,
            authorizing: Authorizing::default(),
            interim: None,
            own_cookies,
            at_home,
            attempts: 0,
            began: now(),
            queue,
            first_byte: Duration::ZERO,
            head: start,
            history: Vec::new(),
        }
    }

    /// Makes the exchange: the answer with its body, or what came in its way.
    pub async fn run(&mut self) -> Outcome {
        let open = self.open().await.map_err(|failure| self.error(failure))?;
        let mut answer = self.finish(open).await.map_err(|failure| self.error(failure))?;
        self.add_history(&mut answer);
        Ok(answer)
    }

    /// Sends the request, and whatever follows from it, until there is an answer that stands.
    pub async fn open(&mut self) -> Result<OpenResponse<T::Body>, Failure> {
        loop {
            let open = self.hop().await?;
            let follow = self.request.own.as_ref().and_then(|own| own.follow_redirects).unwrap_or(self.config.follow_redirects);
            let next = if follow { redirect::target(open.status, &open.headers, &self.request.url)? } else { None };
            let Some(url) = next else { return Ok(open) };
            if !self.config.allow_downgrade && self.request.url.scheme() == "https" && url.scheme() == "http" {
                return Err(Failure::new(Kind::UnsafeRedirect, Phase::Redirect, "redirect from https to http refused"));
            }
            let status = open.status;
            let answer = Box::pin(self.finish(open)).await?;
            self.history.push(answer);
            if self.history.len() > self.config.max_redirects {
                return Err(too_many(self.config.max_redirects, &self.history));
            }
            let origin = self.request.url.origin();
            injection::point("redirect");
            redirect::follow(self.request, status, url)?;
            if self.wants(EventKind::Redirect)
                && let Some(answer) = self.history.last()
            {
                let event = Event::Redirect(Arc::new(answer.clone()), Box::new(self.request.clone()));
                if let Some(changed) = self.tell(event).await? {
                    self.replace(changed);
                }
            }
            self.at_home &= self.request.url.origin() == origin;
        }
    }

    /// One URL: the request and, where the server asks for other credentials, the request with them.
    async fn hop(&mut self) -> Result<OpenResponse<T::Body>, Failure> {
        if let Some(own_code) = self.authorizing.begin(self.request, self.config.auth.as_ref())? {
            let event = Event::Request(Box::new(self.request.clone()));
            if let Some(changed) = self.ask(own_code.as_ref(), event).await? {
                self.authorizing.note(&self.request.headers, &changed.headers);
                self.replace(changed);
                self.authorizing.accept(self.request)?;
            }
        }
        self.add_cookies()?;
        if self.wants(EventKind::Request)
            && let Some(changed) = self.tell(Event::Request(Box::new(self.request.clone()))).await?
        {
            self.replace(changed);
            self.authorizing.accept(self.request)?;
        }
        if let Some(hooks) = hooks(self.config, EventKind::Informational) {
            let (told, interim) = Interim::of(hooks.clone(), self.tools.caller.clone());
            self.request.informed = Some(told);
            self.interim = Some(interim);
        }
        loop {
            let open = self.attempt().await?;
            self.keep_cookies(&open.headers);
            if !self.authorizing.answer(self.request, open.status, &open.headers)? {
                return Ok(open);
            }
            // Its body is read, so that the connection can serve again; a bad or too large one only costs that.
            drop(Box::pin(self.finish(open)).await);
        }
    }

    /// Sends the request and waits for the head of the answer.
    ///
    /// A server may close an idle connection in the very moment it is used again. That is nobody's fault, so a request that may
    /// be repeated, and whose connection ended before any answer, is sent once more, silently: over a connection of its own,
    /// since any other may be as dead. So is any request that the server promises not to have begun with; the connection that
    /// it promised this over is not at fault.
    async fn attempt(&mut self) -> Result<OpenResponse<T::Body>, Failure> {
        match self.attempt_over(Over::Any).await {
            Err(failure) if self.is_repeatable(&failure) => {
                let over = if failure.unprocessed { Over::Any } else { Over::Own };
                if self.wants(EventKind::Retry) {
                    self.tell(Event::Retry(Box::new(Err(self.error(failure))))).await?;
                }
                Box::pin(self.attempt_over(over)).await
            }
            Err(failure) if failure.unanswered => Err(failure.unrepeated()),
            done => done,
        }
    }

    fn is_repeatable(&self, failure: &Failure) -> bool {
        let harmless = failure.unprocessed || failure.unanswered && self.request.method.is_idempotent();
        harmless && self.request.content.as_ref().is_none_or(Content::is_replayable)
    }

    async fn attempt_over(&mut self, over: Over) -> Result<OpenResponse<T::Body>, Failure> {
        self.attempts += 1;
        let Tools { clock, stage, caller, .. } = &mut *self.tools;
        stage.restart();
        let before = if self.attempts == 1 { Spent::default() } else { stage.spent() };
        let start = if self.attempts == 1 { self.patience.start } else { Instant::now() };
        let (timeout, total) = (self.patience.timeout, self.patience.deadline());
        let due = || {
            let at = stage.at();
            let (patience, since) = match at.phase {
                _ if at.ours => (None, None),
                phase if phase.is_connecting() => (timeout.connect, at.connecting),
                Phase::Send => (timeout.write, at.since),
                _ => (timeout.read, at.since),
            };
            earliest(patience.and_then(|patience| since.unwrap_or(start).checked_add(patience)), total)
        };
        // Nobody tells this task that the request has come further, and the patience for what comes next may be shorter.
        let look = timeout.shortest();
        let sending = pin!(self.transport.send(self.request, over, stage, caller.as_ref()));
        let sent = match &mut self.interim {
            None => clock.watch(sending, look, due).await,
            Some(interim) => clock.watch(pin!(interim.attend(sending, stage).boxed()), look, due).await,
        };
        let open = sent.unwrap_or_else(|| {
            stage.give_up();
            Err(self.patience.late(stage.at().phase))
        })?;
        self.head = Instant::now();
        let spent = stage.spent();
        let connecting = (spent.dns + spent.connect + spent.tls).saturating_sub(before.dns + before.connect + before.tls);
        self.first_byte = (self.head - start).saturating_sub(connecting);
        Ok(open)
    }

    /// Adds the cookies for the URL, unless the caller wrote the header.
    fn add_cookies(&mut self) -> Result<(), Failure> {
        // Dropped at a foreign hop, the caller's header is gone for good.
        self.own_cookies = self.own_cookies && self.request.headers.contains_key(COOKIE);
        let own = self.request.own.as_ref().and_then(|own| own.cookies.as_deref());
        if self.own_cookies || self.config.cookies.is_none() && own.is_none() {
            return Ok(());
        }
        let line = match &self.config.cookies {
            Some(jar) => jar.header_with(own, &self.request.url, self.at_home, SystemTime::now()),
            None => own.map(<[u8]>::to_vec),
        };
        let Some(line) = line.filter(|line| !line.is_empty()) else {
            self.request.headers.remove(COOKIE);
            return Ok(());
        };
        let mut value = HeaderValue::from_bytes(&line).map_err(|_| {
            Failure::new(Kind::InvalidRequest, Phase::Input, "cookies: a character that HTTP does not allow in a header")
        })?;
        value.set_sensitive(true);
        self.request.headers.insert(COOKIE, value);
        Ok(())
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let Some(jar) = &self.config.cookies else { return };
        injection::point("cookies");
        let mut lines = headers.get_all(SET_COOKIE).iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        let now = SystemTime::now();
        for line in lines {
            jar.store(&self.request.url, line.as_bytes(), now);
        }
    }

    /// Goes on with another request, as the caller's own code has it. Once the one before was led to another origin, the client's
    /// credentials are not for this one either.
    fn replace(&mut self, request: Request) {
        let never = self.request.own.as_ref().is_some_and(|own| matches!(own.auth, Some(None)));
        *self.request = request;
        if never {
            self.request.own.get_or_insert_default().auth.get_or_insert(None);
        }
    }

    /// Is there a hook for events of this kind?
    pub fn wants(&self, kind: EventKind) -> bool {
        hooks(self.config, kind).is_some()
    }

    /// Tells the hooks, where there are any; a request that comes back is to take the place of the one they were told of.
    pub async fn tell(&mut self, event: Event) -> Result<Option<Request>, Failure> {
        match hooks(self.config, event.kind()) {
            Some(hooks) => self.ask(hooks.as_ref(), event).await,
            None => Ok(None),
        }
    }

    /// Asks the caller's own code, no longer than the whole exchange may take.
    async fn ask(&mut self, own_code: &dyn Callback, event: Event) -> Result<Option<Request>, Failure> {
        let (phase, patience) = (event.kind().phase(), self.patience);
        let Tools { clock, caller, .. } = &mut *self.tools;
        let mut asking = own_code.call(event, caller.as_ref());
        clock.watch(Pin::new(&mut asking), None, || patience.deadline()).await.unwrap_or_else(|| Err(patience.late(phase)))
    }

    /// Reads the body to its end and closes the answer.
    pub async fn finish(&mut self, open: OpenResponse<T::Body>) -> Result<Response, Failure> {
        let mut answer = self.head_of(&open);
        let mut reader = self.reader(open)?;
        // A body that fills its buffer keeps it; any other moves into storage of its own size.
        answer.body = reader.all(&mut self.tools.clock).await?.into();
        if let Some(trailers) = reader.trailers() {
            answer.rare.get_or_insert_default().trailers = headers::block(&trailers).into();
        }
        let end = Instant::now();
        answer.elapsed = (end - self.patience.start).into();
        answer.timings.body = micros(end - self.head);
        Ok(answer)
    }

    /// What reads the body of an open answer for somebody who takes their time: the total timeout ends with the head.
    pub fn open_reader(&mut self, open: OpenResponse<T::Body>) -> Result<Reader<T::Body>, Failure> {
        self.patience.timeout.total = None;
        self.reader(open)
    }

    /// What reads the body of an open answer.
    fn reader(&self, open: OpenResponse<T::Body>) -> Result<Reader<T::Body>, Failure> {
        let limit = self.request.own.as_ref().and_then(|own| own.max_body).unwrap_or(self.config.max_body);
        Reader::new(open, &self.request.method, self.patience, limit, self.config.decode)
    }

    /// The answer without its body.
    pub fn head_of(&mut self, open: &OpenResponse<T::Body>) -> Response {
        let request = &*self.request;
        let text = request.text.as_ref().filter(|text| ***text == *request.url.as_str());
        let common = request.method == Method::GET && open.reason.is_none();
        let rare = (!common).then(|| Rare { method: request.method.clone(), reason: open.reason.clone(), ..Rare::default() });
        let spent = self.tools.stage.spent();
        Response {
            status: open.status,
            version: open.version,
            headers: self.tools.headers.copy(&open.headers),
            body: Box::default(),
            url: text.map_or_else(|| request.url.as_str().into(), Arc::clone),
            elapsed: (self.head - self.patience.start).into(),
            timings: Timings {
                start: self.began,
                queue: micros(self.queue),
                dns: micros(spent.dns),
                connect: micros(spent.connect),
                tls: micros(spent.tls),
                first_byte: micros(self.first_byte),
                body: 0,
            },
            attempts: self.attempts,
            decoded: is_decoded(&open.headers, open.status, self.config.decode),
            peer: open.connection.as_ref().map(|connection| connection.peer.clone()),
            rare: rare.map(Box::new),
        }
    }

    /// Gives the answer the redirects that led to it.
    pub fn add_history(&mut self, answer: &mut Response) {
        if !self.history.is_empty() {
            answer.rare.get_or_insert_default().history = std::mem::take(&mut self.history);
        }
    }

    /// How far it has come.
    pub fn phase(&self) -> Phase {
        self.tools.stage.at().phase
    }

    /// A failure as the error of this request.
    pub fn error(&self, failure: Failure) -> Box<Error> {
        Box::new(Error {
            kind: failure.kind,
            phase: failure.phase,
            method: self.request.method.clone(),
            url: redact_url(&self.request.url).into(),
            attempts: self.attempts,
            start: self.began,
            elapsed: self.patience.start.elapsed(),
            detail: failure.detail,
            errno: failure.errno,
            earlier: Vec::new(),
            lasting: failure.lasting,
        })
    }
}

fn hooks(config: &Config, kind: EventKind) -> Option<&Arc<dyn Callback>> {
    config.hooks.as_ref().filter(|hooks| hooks.wants(kind))
}

fn too_many(limit: usize, history: &[Response]) -> Failure {
    let history = history.iter().map(|response| response.url.to_string()).collect();
    Failure::new(Kind::TooManyRedirects { history }, Phase::Redirect, format!("more than {limit} redirects"))
}
