//! Asking a SOCKS proxy for a connection: versions 4, 4a and 5 (RFC 1928), the latter with a user or without (RFC 1929).

use std::net::{IpAddr, Ipv4Addr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::super::proxy::Credentials;

/// What the proxy is to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An address.
    Address(IpAddr),
    /// A name that the proxy looks up.
    Name(String),
}

/// Has a SOCKS 4 proxy connect to the target, by name as 4a has it. Afterwards the stream is the target's.
///
/// # Errors
/// Says in words what the proxy did.
pub async fn open_v4<S>(stream: &mut S, target: &Target, port: u16, auth: Option<&Credentials>) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // An address that cannot be says that a name follows.
    let (address, name) = match target {
        Target::Address(IpAddr::V4(address)) => (*address, None),
        Target::Address(IpAddr::V6(_)) => return Err("SOCKS 4 knows no IPv6 addresses".into()),
        Target::Name(name) => (Ipv4Addr::new(0, 0, 0, 1), Some(name)),
    };
    let mut request = vec![4, 1];
    request.extend(port.to_be_bytes());
    request.extend(address.octets());
    request.extend(auth.map_or(&[][..], |auth| &auth.user));
    request.push(0);
    if let Some(name) = name {
        request.extend(name.bytes());
        request.push(0);
    }
    say(stream, &request).await?;
    match hear(stream).await? {
        [0, 90, _, _, _, _, _, _] => Ok(()),
        [0, 92 | 93, _, _, _, _, _, _] => Err("it refuses the user".into()),
        [0, 91, _, _, _, _, _, _] => Err("it refused the connection, or could not make it".into()),
        _ => Err("it does not speak SOCKS 4".into()),
    }
}

/// Has a SOCKS 5 proxy connect to the target. Afterwards the stream is the target's.
///
/// # Errors
/// Says in words what the proxy did.
pub async fn open_v5<S>(stream: &mut S, target: &Target, port: u16, auth: Option<&Credentials>) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    say(stream, if auth.is_some() { &[5, 2, 0, 2] } else { &[5, 1, 0] }).await?;
    match (hear(stream).await?, auth) {
        ([5, 0], _) => {}
        ([5, 2], Some(auth)) => login(stream, auth).await?,
        ([5, 0xff], None) => return Err("it lets nobody in without a user name and password".into()),
        ([5, _], _) => return Err("it asks for a way to identify oneself that we do not know".into()),
        _ => return Err("it does not speak SOCKS 5".into()),
    }
    let mut request = vec![5, 1, 0];
    match target {
        Target::Address(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Target::Address(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Target::Name(name) => {
            request.push(3);
            request.push(u8::try_from(name.len()).map_err(|_| "the host name is longer than 255 bytes")?);
            request.extend(name.bytes());
        }
    }
    request.extend(port.to_be_bytes());
    say(stream, &request).await?;
    let [version, reply, _, kind] = hear(stream).await?;
    if version != 5 {
        return Err("it does not speak SOCKS 5".into());
    }
    if reply != 0 {
        return Err(refusal(reply));
    }
    // The address that it connects from, and a port.
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => usize::from(hear::<1, _>(stream).await?[0]),
        _ => return Err("it does not speak SOCKS 5".into()),
    };
    let mut rest = vec![0; length + 2];
    stream.read_exact(&mut rest).await.map_err(lost).map(drop)
}

async fn login<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, auth: &Credentials) -> Result<(), String> {
    let mut request = vec![1];
    for text in [&auth.user, &auth.password] {
        request.push(u8::try_from(text.len()).map_err(|_| "the user name or password is longer than 255 bytes")?);
        request.extend(text);
    }
    say(stream, &request).await?;
    match hear(stream).await? {
        [1, 0] => Ok(()),
        [1, _] => Err("it refuses the user name and password".into()),
        _ => Err("it does not speak SOCKS 5".into()),
    }
}

fn refusal(reply: u8) -> String {
    let why = match reply {
        1 => "it failed",
        2 => "its rules do not allow the connection",
        3 => "it does not reach the network",
        4 => "it does not reach the host",
        5 => "the host refused the connection",
        6 => "the way to the host is too long (TTL expired)",
        7 => "it makes no connections",
        8 => "it knows no addresses of this kind",
        _ => return format!("it refused the connection (reply {reply})"),
    };
    format!("{why} (reply {reply})")
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Result<(), String> {
    stream.write_all(bytes).await.map_err(lost)?;
    stream.flush().await.map_err(lost)
}

async fn hear<const N: usize, S: AsyncRead + Unpin>(stream: &mut S) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await.map_err(lost)?;
    Ok(bytes)
}

fn lost(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "it closed the connection".into(),
        _ => format!("the connection to it was lost: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::duplex;

    fn ask(version: u8, answer: &[u8], target: &Target, auth: Option<&Credentials>) -> (Result<(), String>, Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (mut near, mut far) = duplex(64 * 1024);
            far.write_all(answer).await.expect("room");
            far.shutdown().await.expect("open");
            let opened = match version {
                4 => open_v4(&mut near, target, 443, auth).await,
                _ => open_v5(&mut near, target, 443, auth).await,
            };
            drop(near);
            let mut asked = Vec::new();
            far.read_to_end(&mut asked).await.expect("the question");
            (opened, asked)
        })
    }

    #[test]
    fn what_is_said() {
        let (ann, name) = (Credentials { user: b"ann".into(), password: b"pw".into() }, Target::Name("h.test".into()));
        let address = Target::Address(IpAddr::from([10, 0, 0, 7]));
        let granted = b"\x00\x5a\0\0\0\0\0\0";
        assert_eq!(ask(4, granted, &address, Some(&ann)), (Ok(()), b"\x04\x01\x01\xbb\x0a\0\0\x07ann\0".to_vec()));
        assert_eq!(ask(4, granted, &name, None), (Ok(()), b"\x04\x01\x01\xbb\0\0\0\x01\0h.test\0".to_vec()));
        let (opened, said) = ask(5, b"\x05\x02\x01\0\x05\0\0\x03\x01h\x01\x02", &name, Some(&ann));
        assert_eq!((opened, said), (Ok(()), b"\x05\x02\0\x02\x01\x03ann\x02pw\x05\x01\0\x03\x06h.test\x01\xbb".to_vec()));
        let six = Target::Address(IpAddr::from([0u16, 0, 0, 0, 0, 0, 0, 1]));
        assert!(ask(4, granted, &six, None).0.expect_err("IPv6").contains("IPv6"));
        assert!(ask(5, b"\x05\0", &Target::Name("x".repeat(256)), None).0.expect_err("long").contains("255"));
    }

    proptest! {
        #[test]
        fn any_answer_is_granted_or_refused(
            version in 4u8..=5,
            start in prop::sample::select(vec![&b""[..], b"\x05\0", b"\x05\x02\x01\0", b"\x05\0\x05\0\0", b"\0"]),
            answer in any::<Vec<u8>>(),
            login in any::<bool>(),
        ) {
            let ann = Credentials { user: b"ann".into(), password: b"s3cret".into() };
            let answer = [start, &answer].concat();
            let (opened, _) = ask(version, &answer, &Target::Name("h".into()), login.then_some(&ann));
            prop_assert!(!opened.err().unwrap_or_default().contains("s3cret"));
        }
    }
}
