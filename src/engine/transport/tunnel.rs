//! Asking an HTTP proxy for a tunnel: CONNECT (RFC 9110, section 9.3.6).

use http::HeaderValue;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest answer to CONNECT, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// The most lines in it.
const MAX_LINES: usize = 100;

/// Has the proxy connect to `target`, a host and a port. Afterwards the stream is the target's.
///
/// `quiet` says that the target does not speak first: what comes along with the proxy's answer is then a fault.
///
/// # Errors
/// Says in words what the proxy did.
pub async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    target: &str,
    auth: Option<&HeaderValue>,
    quiet: bool,
) -> Result<(), String> {
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(auth) = auth {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(auth.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    // Where the target may speak first, no byte more than the head may be taken.
    let step = if quiet { MAX_HEAD } else { 1 };
    let mut received = Vec::new();
    loop {
        // A head ends with a line: to look at every byte of it anew would take its square in time.
        while (quiet || received.last() == Some(&b'\n'))
            && let Some((length, status)) = parse(&received)?
        {
            match status {
                // An interim answer, which a final one follows.
                100..200 => drop(received.drain(..length)),
                200..300 if received.len() > length => return Err("it sent something of its own through the tunnel".into()),
                200..300 => return Ok(()),
                407 if auth.is_some() => return Err("it refuses the user name and password (407)".into()),
                407 => return Err("it asks for a user name and password (407)".into()),
                other => return Err(format!("it answered {other} to CONNECT")),
            }
        }
        let room = step.min(MAX_HEAD - received.len());
        if room == 0 {
            return Err(format!("its answer to CONNECT is longer than {MAX_HEAD} bytes"));
        }
        let count = (&mut *stream).take(room as u64).read_buf(&mut received).await.map_err(lost)?;
        if count == 0 {
            return Err("it closed the connection without an answer to CONNECT".into());
        }
    }
}

/// The length of the first head and its status, once it has come.
fn parse(received: &[u8]) -> Result<Option<(usize, u16)>, String> {
    let mut lines = [httparse::EMPTY_HEADER; MAX_LINES];
    let mut head = httparse::Response::new(&mut lines);
    match head.parse(received) {
        Ok(httparse::Status::Complete(length)) => Ok(head.code.map(|code| (length, code))),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err("it does not speak HTTP".into()),
    }
}

fn lost(error: std::io::Error) -> String {
    format!("the connection to it was lost: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::duplex;

    async fn ask(answer: &[u8], quiet: bool) -> (Result<(), String>, Vec<u8>, Vec<u8>) {
        let (mut near, mut far) = duplex(64 * 1024);
        far.write_all(answer).await.expect("room");
        far.shutdown().await.expect("open");
        let opened = open(&mut near, "h:443", Some(&HeaderValue::from_static("Basic x")), quiet).await;
        let mut left = Vec::new();
        near.read_to_end(&mut left).await.expect("the rest");
        drop(near);
        let mut asked = Vec::new();
        far.read_to_end(&mut asked).await.expect("the question");
        (opened, asked, left)
    }

    #[tokio::test]
    async fn answers_of_proxies() {
        for (answer, expected) in [
            (&b"HTTP/1.1 200 OK\r\n\r\n"[..], Ok(())),
            (b"HTTP/1.0 204\r\nA: b\r\n\r\n", Ok(())),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", Ok(())),
            (b"HTTP/1.1 200 OK\r\n\r\njunk", Err("something of its own")),
            (b"HTTP/1.1 407 No\r\n\r\n", Err("refuses the user name and password (407)")),
            (b"HTTP/1.1 302 Go\r\nLocation: /\r\n\r\n", Err("answered 302 to CONNECT")),
            (b"SSH-2.0\r\n", Err("does not speak HTTP")),
            (b"", Err("closed the connection")),
            (b"HTTP/1.1 200 OK\r\n", Err("closed the connection")),
        ] {
            let (opened, asked, _) = ask(answer, true).await;
            assert_eq!(asked, b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nProxy-Authorization: Basic x\r\n\r\n");
            match expected {
                Ok(()) => assert_eq!(opened, Ok(())),
                Err(words) => assert!(opened.expect_err(words).contains(words)),
            }
        }
        let endless = [b"HTTP/1.1 200 OK\r\nA: ".as_slice(), &[b'a'; 20_000]].concat();
        assert!(ask(&endless, true).await.0.expect_err("too long").contains("longer than"));
    }

    #[tokio::test]
    async fn a_target_that_speaks_first_loses_nothing() {
        let (opened, _, left) = ask(b"HTTP/1.1 200 OK\r\n\r\nhello", false).await;
        assert_eq!((opened, left), (Ok(()), b"hello".to_vec()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_none(bytes in any::<Vec<u8>>(), text in "HTTP/1.[01] [0-9]{0,4}[ -~\r\n]{0,40}") {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
        }
    }
}
