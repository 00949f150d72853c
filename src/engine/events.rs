//! Server-sent events (WHATWG HTML, sections 9.2.5 and 9.2.6), while they arrive.

use std::fmt;
use std::mem::take;

use super::charset::TextDecoder;
use super::lines::{LineTooLong, Lines};

/// An event as the server sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its type; `message` where the server names none.
    pub event: String,
    /// Its data; lines are joined by `\n`.
    pub data: String,
    /// The last event ID at this point, to be sent as `Last-Event-ID` when connecting again.
    pub id: String,
    /// Milliseconds to wait before connecting again, where the server has set them since the event before.
    pub retry: Option<u64>,
}

/// An event is larger than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTooLarge {
    /// The bound, in bytes of UTF-8.
    pub limit: usize,
}

impl fmt::Display for EventTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a server-sent event is larger than the {} bytes allowed", self.limit)
    }
}

impl std::error::Error for EventTooLarge {}

impl From<LineTooLong> for EventTooLarge {
    fn from(LineTooLong { limit }: LineTooLong) -> Self {
        Self { limit }
    }
}

/// Parses a stream of events. What is begun when the stream ends is no event and is dropped with the parser.
#[derive(Debug)]
pub struct Events {
    text: TextDecoder,
    lines: Lines,
    open: Open,
}

/// The event that is being received, and what outlives it.
#[derive(Debug, Default)]
struct Open {
    limit: usize,
    event: String,
    data: String,
    id: String,
    last_id: String,
    new_retry: Option<u64>,
    retry: Option<u64>,
}

impl Events {
    /// A parser that takes events, and lines, of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { text: TextDecoder::utf8(), lines: Lines::new(limit), open: Open { limit, ..Open::default() } }
    }

    /// Adds the events that are complete with these bytes to `events`.
    ///
    /// # Errors
    /// Where an event is too large. The parser is of no use after that.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), EventTooLarge> {
        let text = self.text.decode(bytes, false);
        let open = &mut self.open;
        self.lines.push(&text, |line| {
            events.extend(open.line(line)?);
            Ok(())
        })
    }

    /// The stream begins anew over another connection: what was begun is dropped, the last ID and the time to wait stay.
    pub fn reconnect(&mut self) {
        let Open { limit, last_id, retry, .. } = take(&mut self.open);
        let open = Open { limit, id: last_id.clone(), last_id, retry, ..Open::default() };
        *self = Self { open, ..Self::new(limit) };
    }

    /// The ID to send as `Last-Event-ID` when connecting again; empty where there is none.
    pub fn last_id(&self) -> &str {
        &self.open.last_id
    }

    /// Milliseconds to wait before connecting again, where the server has set them.
    pub fn retry(&self) -> Option<u64> {
        self.open.retry
    }
}

impl Open {
    fn line(&mut self, line: &str) -> Result<Option<Event>, EventTooLarge> {
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            // A number too large for milliseconds is ignored with the rest.
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                if let Ok(retry) = value.parse() {
                    (self.new_retry, self.retry) = (Some(retry), Some(retry));
                }
            }
            // Comments have an empty name; other names are not ours to know.
            _ => {}
        }
        // The line feed after the last line of data is not part of the event.
        if self.event.len() + self.data.len() > self.limit.saturating_add(1) {
            return Err(EventTooLarge { limit: self.limit });
        }
        Ok(None)
    }

    fn dispatch(&mut self) -> Option<Event> {
        self.last_id.clone_from(&self.id);
        let (mut event, mut data) = (take(&mut self.event), take(&mut self.data));
        // Without any line of data there is no event, whatever else was set. A line with nothing in it is one.
        data.pop()?;
        if event.is_empty() {
            "message".clone_into(&mut event);
        }
        Some(Event { event, data, id: self.last_id.clone(), retry: self.new_retry.take() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(pieces: &[&[u8]], limit: usize) -> Result<Vec<Event>, EventTooLarge> {
        let (mut parser, mut events) = (Events::new(limit), Vec::new());
        for piece in pieces {
            parser.push(piece, &mut events)?;
        }
        Ok(events)
    }

    fn event(event: &str, data: &str, id: &str, retry: Option<u64>) -> Event {
        Event { event: event.to_owned(), data: data.to_owned(), id: id.to_owned(), retry }
    }

    #[test]
    fn fields_make_events() {
        let stream = b"\xef\xbb\xbf: comment\nevent: add\ndata: 1\r\ndata:2\rdata:  3\nid: 7\nretry: 250\nother: x\n\ndata\n\n\
            id\ndata: \xff\n\nevent: none\n\nDATA: x\n\ndata: unfinished\n";
        let expected =
            [event("add", "1\n2\n 3", "7", Some(250)), event("message", "", "7", None), event("message", "\u{fffd}", "", None)];
        assert_eq!(parse(&[stream], 999).unwrap(), expected);
    }

    #[test]
    fn ids_stay_and_bad_fields_are_ignored() {
        let stream =
            b"id: 1\nid: 2\0x\n\nretry: 1x\nretry: -1\nretry:\nretry: 99999999999999999999\ndata: a\n\nretry: 5\n\ndata: b\n\n";
        assert_eq!(parse(&[stream], 999).unwrap(), [event("message", "a", "1", None), event("message", "b", "1", Some(5))]);
    }

    #[test]
    fn what_connecting_again_needs_is_known() {
        let mut parser = Events::new(99);
        let mut events = Vec::new();
        parser.push(b"id: 1\nretry: 5\n\nid: 2\n", &mut events).unwrap();
        assert_eq!((parser.last_id(), parser.retry(), events.len()), ("1", Some(5), 0));
        parser.push(b"event: lost\ndata: lo", &mut events).unwrap();
        parser.reconnect();
        parser.push(b"data: x\n\n", &mut events).unwrap();
        assert_eq!((events, parser.retry()), (vec![event("message", "x", "1", None)], Some(5)));
    }

    #[test]
    fn large_events_are_refused_and_long_streams_are_not() {
        assert_eq!(parse(&[b"data:abcde\n\n"], 10).unwrap(), [event("message", "abcde", "", None)]);
        let too_large = Err(EventTooLarge { limit: 10 });
        assert_eq!(parse(&[b"data:abcdef"], 10), too_large);
        assert_eq!(parse(&[b"data:abc\ndata:def\ndata:gh\ndata:i\n"], 10), too_large);
        assert_eq!(parse(&[&b": comment\n".repeat(10_000)], 10).unwrap(), []);
        assert_eq!(parse(&[&b"data:a\n\n".repeat(10_000)], 10).unwrap().len(), 10_000);
    }

    /// The standard's steps, over the whole text at once.
    fn reference(bytes: &[u8]) -> Vec<Event> {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut lines: Vec<_> = text.split('\n').collect();
        lines.pop();
        let (mut events, mut id, mut retry) = (Vec::new(), String::new(), None);
        let (mut kind, mut data) = (String::new(), Vec::new());
        for line in lines {
            if line.is_empty() {
                let kind = Some(take(&mut kind)).filter(|kind| !kind.is_empty()).unwrap_or("message".to_owned());
                let data: Vec<String> = take(&mut data);
                if !data.is_empty() {
                    events.push(event(&kind, &data.join("\n"), &id, retry.take()));
                }
                continue;
            }
            let (name, value) = line.split_at(line.find(':').unwrap_or(line.len()));
            let value = value.strip_prefix(": ").or(value.strip_prefix(':')).unwrap_or(value);
            match name {
                "event" => kind = value.to_owned(),
                "data" => data.push(value.to_owned()),
                "id" if !value.contains('\0') => id = value.to_owned(),
                "retry" if value.chars().all(|c| c.is_ascii_digit()) => retry = value.parse().ok().or(retry),
                _ => {}
            }
        }
        events
    }

    proptest! {
        #[test]
        fn any_pieces_give_the_events_of_the_standard(
            parts in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(&["data", "event", "id", "retry", ":", ": ", "\n", "\n\n", "\r", "\r\n", "12", "\0", "\u{feff}", "ä"][..])
                        .prop_map(|part| part.as_bytes().to_vec()),
                    prop::collection::vec(any::<u8>(), 1..3),
                ],
                0..80,
            ),
            sizes in prop::collection::vec(1usize..9, 1..10),
        ) {
            let stream = parts.concat();
            let (mut rest, mut pieces, mut sizes) = (&stream[..], Vec::new(), sizes.iter().cycle());
            while !rest.is_empty() {
                let (now, later) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                pieces.push(now);
                rest = later;
            }
            let expected = reference(&stream);
            prop_assert_eq!(parse(&[&stream], 10_000).unwrap(), expected.clone());
            prop_assert_eq!(parse(&pieces, 10_000).unwrap(), expected);
        }
    }
}
