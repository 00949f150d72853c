//! Digest authentication (RFC 7616): a user, a password, and what is known of the servers that asked for them.
//!
//! Once a server has sent a challenge, later requests to the same origin answer it at once, with the count of its nonce raised,
//! and save a round trip (section 3.6). What is known belongs to one origin and is never used for another.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use http::HeaderValue;
use zeroize::Zeroizing;

use super::super::process::{ProcessBound, lock};
use super::algorithm::hex;
use super::challenge::Challenge;
use super::offer::{Asked, Offer};

/// Challenges that are remembered; the one not used for longest makes room.
pub const MAX_REMEMBERED: usize = 64;

/// How the request that was refused had been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Without an answer.
    Bare,
    /// With an answer to a remembered challenge, from [`Digest::remembered`].
    Remembered,
    /// With an answer to a challenge of its own, from [`Digest::answer`].
    Answered,
}

/// A user's name and password, and the challenges that they answered. `Debug` shows no password.
pub struct Digest {
    user: String,
    password: Zeroizing<String>,
    /// The last used one last. A forked child does without: two processes must not count the same nonce.
    sessions: ProcessBound<Mutex<VecDeque<Session>>>,
}

/// A challenge in use.
struct Session {
    origin: String,
    /// The last use.
    turn: Turn,
}

/// One use of a nonce.
#[derive(Clone)]
struct Turn {
    offer: Arc<Offer>,
    /// One for all uses: the -sess algorithms mix the first one in, so that every reading of the RFC gets the same hash.
    cnonce: Arc<str>,
    count: u32,
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Session {
    fn is_of(&self, origin: &str, realm: &str) -> bool {
        self.origin == origin && self.turn.offer.realm == realm
    }
}

impl Digest {
    /// Credentials that answered nothing yet.
    ///
    /// # Errors
    /// In words, where the user name holds a control character.
    pub fn new(user: &str, password: &str) -> Result<Self, String> {
        if let Some(at) = user.find(char::is_control) {
            return Err(format!("the user name for Digest authentication has a control character at byte {at}"));
        }
        Ok(Self {
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
            sessions: ProcessBound::new(Mutex::default()),
        })
    }

    /// The value of `Authorization` for a request to an origin whose challenge is remembered, to be sent unasked.
    pub fn remembered(&self, origin: &str, asked: &Asked<'_>) -> Option<HeaderValue> {
        let turn = {
            let mut sessions = lock(self.sessions.get()?);
            let at = sessions.iter().rposition(|session| session.origin == origin)?;
            let mut session = sessions.remove(at)?;
            // A nonce that is used up is forgotten.
            session.turn.count = session.turn.count.checked_add(1)?;
            let turn = session.turn.clone();
            sessions.push_back(session);
            turn
        };
        self.say(&turn, asked).ok()
    }

    /// What to answer after a 401 (or a 407), where the request is worth sending again. At most one more time, whatever the
    /// server says: after an answer to a challenge of its own, a request that is refused stays refused.
    pub fn retry_for(&self, origin: &str, challenges: &[Challenge], sent: Sent) -> Option<Offer> {
        let offer = Offer::best(challenges)?;
        match sent {
            // A remembered nonce may be refused for its age alone, and not every server then says `stale`: some have restarted,
            // some have another realm here.
            Sent::Bare | Sent::Remembered => Some(offer),
            Sent::Answered => {
                if !offer.stale {
                    self.forget(origin, &offer.realm);
                }
                None
            }
        }
    }

    /// The value of `Authorization` that answers a challenge; remembers it for later requests to this origin.
    ///
    /// # Errors
    /// In words, where this request has no answer to it.
    pub fn answer(&self, origin: &str, offer: Offer, asked: &Asked<'_>) -> Result<HeaderValue, String> {
        let cnonce = fresh()?;
        self.say(&self.begin(origin, offer, cnonce), asked)
    }

    /// The first turn with a challenge. Where the server sent the same nonce again, its uses are counted on.
    fn begin(&self, origin: &str, offer: Offer, cnonce: Arc<str>) -> Turn {
        let turn = Turn { offer: Arc::new(offer), cnonce, count: 1 };
        let mut session = Session { origin: origin.to_owned(), turn };
        let Some(sessions) = self.sessions.get() else { return session.turn };
        let mut sessions = lock(sessions);
        if let Some(at) = sessions.iter().position(|known| known.is_of(origin, &session.turn.offer.realm))
            && let Some(known) = sessions.remove(at)
            && known.turn.offer.nonce == session.turn.offer.nonce
        {
            session.turn.count = known.turn.count.checked_add(1).unwrap_or(1);
        }
        if sessions.len() >= MAX_REMEMBERED {
            sessions.pop_front();
        }
        let turn = session.turn.clone();
        sessions.push_back(session);
        turn
    }

    fn forget(&self, origin: &str, realm: &str) {
        if let Some(sessions) = self.sessions.get() {
            lock(sessions).retain(|session| !session.is_of(origin, realm));
        }
    }

    fn say(&self, turn: &Turn, asked: &Asked<'_>) -> Result<HeaderValue, String> {
        turn.offer.answer(&self.user, &self.password, asked, &turn.cnonce, turn.count)
    }
}

/// A nonce of our own: 128 random bits.
fn fresh() -> Result<Arc<str>, String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random bytes for Digest authentication: {error}"))?;
    Ok(hex(&bytes).into())
}

#[cfg(test)]
mod tests {
    use super::super::challenge::parse;
    use super::*;
    use std::collections::HashSet;

    const GET: Asked<'_> = Asked { method: "GET", target: "/", body: Some(b"") };
    const A: &str = "http://a.example";

    fn digest() -> Digest {
        Digest::new("user", "hunter2").expect("credentials")
    }

    fn challenges(line: &str) -> Vec<Challenge> {
        parse([line.as_bytes()])
    }

    fn answer(digest: &Digest, origin: &str, line: &str) -> HeaderValue {
        let offer = digest.retry_for(origin, &challenges(line), Sent::Bare).expect("an offer");
        digest.answer(origin, offer, &GET).expect("an answer")
    }

    /// A parameter of an answer.
    fn part(value: &HeaderValue, name: &str) -> String {
        let parsed = parse([value.as_bytes()]);
        String::from_utf8(parsed[0].parameter(name).expect(name).to_vec()).expect("text")
    }

    #[test]
    fn later_requests_answer_at_once_and_count() {
        let digest = digest();
        assert!(digest.remembered(A, &GET).is_none());
        let first = answer(&digest, A, r#"Digest realm="r", nonce="n1", qop="auth", algorithm=MD5-sess"#);
        let second = digest.remembered(A, &GET).expect("an answer");
        assert_eq!((part(&first, "nc"), part(&second, "nc")), ("00000001".into(), "00000002".into()));
        assert_eq!(part(&first, "cnonce"), part(&second, "cnonce"));
        assert_ne!(part(&first, "response"), part(&second, "response"));
        for other in ["https://a.example", "http://a.example:8080", "http://b.example", ""] {
            assert!(digest.remembered(other, &GET).is_none(), "{other}");
        }
        // The same nonce is counted on, another one begins anew.
        assert_eq!(
            part(&answer(&digest, A, r#"Digest realm="r", nonce="n1", qop="auth", algorithm=MD5-sess"#), "nc"),
            "00000003"
        );
        let other = answer(&digest, A, r#"Digest realm="r", nonce="n2", qop="auth", algorithm=MD5-sess"#);
        assert_eq!(part(&other, "nc"), "00000001");
        assert_ne!(part(&other, "cnonce"), part(&first, "cnonce"));
    }

    #[test]
    fn two_realms_of_one_origin_are_counted_apart() {
        let digest = digest();
        answer(&digest, A, "Digest realm=r1, nonce=n1, qop=auth");
        answer(&digest, A, "Digest realm=r2, nonce=n2, qop=auth");
        let last = digest.remembered(A, &GET).expect("an answer");
        assert_eq!((part(&last, "realm"), part(&last, "nc")), ("r2".into(), "00000002".into()));
        assert_eq!(part(&answer(&digest, A, "Digest realm=r1, nonce=n1, qop=auth"), "nc"), "00000002");
        assert_eq!(part(&digest.remembered(A, &GET).expect("an answer"), "realm"), "r1");
    }

    #[test]
    fn a_request_is_sent_again_once_at_most() {
        let digest = digest();
        let (plain, stale) = ("Digest realm=r, nonce=n, qop=auth", "Digest realm=r, nonce=n, qop=auth, stale=TRUE");
        answer(&digest, A, plain);
        for line in [plain, stale] {
            for sent in [Sent::Bare, Sent::Remembered] {
                assert!(digest.retry_for(A, &challenges(line), sent).is_some());
            }
        }
        assert!(digest.retry_for(A, &challenges(stale), Sent::Answered).is_none());
        assert!(digest.remembered(A, &GET).is_some(), "an old nonce says nothing against the password");
        assert!(digest.retry_for(A, &challenges(plain), Sent::Answered).is_none());
        assert!(digest.remembered(A, &GET).is_none(), "a wrong password is not sent unasked");
        for line in ["Basic realm=r", "Digest realm=r", "Digest realm=r, nonce=n, algorithm=SHA-1", ""] {
            assert!(digest.retry_for(A, &challenges(line), Sent::Bare).is_none(), "{line}");
        }
    }

    #[test]
    fn memory_is_bounded_and_keeps_what_is_used() {
        let digest = digest();
        for n in 0..1000 {
            answer(&digest, &format!("http://{n}.example"), "Digest realm=r, nonce=n, qop=auth");
            assert!(digest.remembered("http://0.example", &GET).is_some());
        }
        assert_eq!(lock(digest.sessions.get().expect("here")).len(), MAX_REMEMBERED);
    }

    #[test]
    fn no_count_is_used_twice() {
        let digest = digest();
        answer(&digest, A, "Digest realm=r, nonce=n, qop=auth");
        let counts: Vec<String> = std::thread::scope(|scope| {
            let use_it = || (0..100).map(|_| part(&digest.remembered(A, &GET).expect("an answer"), "nc")).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(use_it)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("counts")).collect()
        });
        assert_eq!(counts.iter().collect::<HashSet<_>>().len(), 400);
        lock(digest.sessions.get().expect("here"))[0].turn.count = u32::MAX;
        assert!(digest.remembered(A, &GET).is_none());
        assert!(lock(digest.sessions.get().expect("here")).is_empty());
    }

    #[test]
    fn a_name_that_cannot_be_sent_is_refused() {
        let error = Digest::new("us\r\ner", "hunter2").expect_err("a control character");
        assert!(error.contains("at byte 2") && !error.contains("hunter2"), "{error}");
        assert!(Digest::new("Jäsøn:Doe", "").is_ok());
    }
}
