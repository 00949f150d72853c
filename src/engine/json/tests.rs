use std::borrow::Cow;
use std::convert::Infallible;

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;

/// As little as it takes to tell values apart.
#[derive(Debug, PartialEq, Clone)]
pub enum Value {
    Null,
    Boolean(bool),
    Integer(String),
    Float(f64),
    Text(Vec<u8>),
    List(Vec<Value>),
    Object(Vec<Value>),
}

pub struct Values;

impl Build for Values {
    type Value = Value;
    type Error = Infallible;

    fn null(&mut self) -> Value {
        Value::Null
    }

    fn boolean(&mut self, value: bool) -> Value {
        Value::Boolean(value)
    }

    fn integer(&mut self, value: i64) -> Result<Value, Infallible> {
        Ok(Value::Integer(value.to_string()))
    }

    fn large(&mut self, number: &str) -> Result<Value, Infallible> {
        Ok(Value::Integer(number.into()))
    }

    fn float(&mut self, value: f64) -> Result<Value, Infallible> {
        Ok(Value::Float(value))
    }

    fn string(&mut self, text: Text<'_>) -> Result<Value, Infallible> {
        Ok(Value::Text(match text {
            Text::Ascii(text) => {
                assert!(text.is_ascii());
                text.into()
            }
            Text::Wide(text) => {
                assert!(!text.is_ascii());
                text.into()
            }
            Text::Halves(bytes) => bytes.into(),
        }))
    }

    fn key(&mut self, text: Text<'_>) -> Result<Value, Infallible> {
        self.string(text)
    }

    fn list(&mut self, values: &mut Vec<Value>, from: usize) -> Result<Value, Infallible> {
        Ok(Value::List(values.drain(from..).collect()))
    }

    fn object(&mut self, pairs: &mut Vec<Value>, from: usize) -> Result<Value, Infallible> {
        assert!((pairs.len() - from).is_multiple_of(2));
        Ok(Value::Object(pairs.drain(from..).collect()))
    }
}

fn read(text: &str) -> Value {
    parse(text, &mut Values).expect("JSON")
}

fn wrong(text: impl AsRef<str>) -> String {
    match parse(text.as_ref(), &mut Values) {
        Err(Stop::Fault(fault)) => fault.describe(text.as_ref().as_bytes()),
        other => panic!("{other:?}"),
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn integer(value: &str) -> Value {
    Value::Integer(value.into())
}

#[test]
fn a_text_of_everything() {
    let all = read(" {\"a\" : [1,-2.5 , true,false,null, \"\"], \"b\":{},\"c\":[ ] ,\n\t\"a\":{\"d\":[[]]}}\r\n");
    let list = vec![integer("1"), Value::Float(-2.5), Value::Boolean(true), Value::Boolean(false), Value::Null, text("")];
    let inner = Value::Object(vec![text("d"), Value::List(vec![Value::List(vec![])])]);
    let pairs = [
        (text("a"), Value::List(list)),
        (text("b"), Value::Object(vec![])),
        (text("c"), Value::List(vec![])),
        (text("a"), inner),
    ];
    assert_eq!(all, Value::Object(pairs.into_iter().flat_map(|(key, value)| [key, value]).collect()));
}

#[test]
fn integers_are_exact_at_every_bound() {
    for number in ["0", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "-100000000000000000000"] {
        assert_eq!(read(number), integer(number));
    }
    assert_eq!(read("-0"), integer("0"));
    let most = "7".repeat(number::MOST_DIGITS);
    assert_eq!(read(&most), integer(&most));
    assert_eq!(
        wrong(format!("[1, {most}7]")),
        format!("an integer of more than 20000 digits at line 1 column 5, after '[1, ' and before '{}'", "7".repeat(20))
    );
}

#[test]
fn halves_of_surrogate_pairs() {
    assert_eq!(read(r#""\ud83d\ude00""#), text("😀"));
    assert_eq!(read(r#""\uD800""#), Value::Text(b"\xed\xa0\x80".into()));
    assert_eq!(read(r#""\udc00\ud800""#), Value::Text(b"\xed\xb0\x80\xed\xa0\x80".into()));
    assert_eq!(read(r#""\ud800\ud83d\ude00\n""#), Value::Text(b"\xed\xa0\x80\xf0\x9f\x98\x80\n".into()));
    assert_eq!(read(r#""é\ud800\u0041""#), Value::Text(b"\xc3\xa9\xed\xa0\x80A".into()));
}

#[test]
fn where_a_text_is_wrong() {
    for (wrong_text, message) in [
        ("", "expected a value at line 1 column 1"),
        ("[1, 2", "expected ',' or ']' at line 1 column 6, at the end, after '[1, 2'"),
        ("[1,]", "expected a value at line 1 column 4, after '[1,' and before ']'"),
        (
            "{\n  \"ä\": 1,\n  \"日本\": oops\n}",
            "expected a value at line 3 column 9, after '{\\n  \"ä\": 1,\\n  \"日本\": ' and before 'oops\\n}'",
        ),
        ("{'a': 1}", "expected a key in double quotes or '}' at line 1 column 2, after '{' and before ''a': 1}'"),
        ("{\"a\": 1,}", "expected a key in double quotes at line 1 column 9, after '{\"a\": 1,' and before '}'"),
        ("{\"a\" 1}", "expected ':' at line 1 column 6, after '{\"a\" ' and before '1}'"),
        ("{\"a\": 1 \"b\"}", "expected ',' or '}' at line 1 column 9, after '{\"a\": 1 ' and before '\"b\"}'"),
        ("[\n\n\"abc]", "a string without an end at line 3 column 1, after '[\\n\\n' and before '\"abc]'"),
        ("\"a\nb\"", "an unescaped control character at line 1 column 3, after '\"a' and before '\\nb\"'"),
        ("\"a\\x\"", "an escape that JSON does not have at line 1 column 3, after '\"a' and before '\\x\"'"),
        ("\"\\u12g4\"", "\\u without four hexadecimal digits at line 1 column 2, after '\"' and before '\\u12g4\"'"),
        ("[NaN]", "NaN and Infinity are not JSON; expected a value at line 1 column 2, after '[' and before 'NaN]'"),
        ("[-Infinity]", "NaN and Infinity are not JSON; expected a digit at line 1 column 3, after '[-' and before 'Infinity]'"),
        ("[012]", "a number with a leading zero at line 1 column 2, after '[' and before '012]'"),
        ("1.", "expected a digit at line 1 column 3, at the end, after '1.'"),
        ("{} {}", "expected nothing after the value at line 1 column 4, after '{} ' and before '{}'"),
        ("nulL", "expected a value at line 1 column 1, before 'nulL'"),
    ] {
        assert_eq!(wrong(wrong_text), message);
    }
}

#[test]
fn a_quote_is_short_and_printable() {
    let text = format!("[\"{}\u{202e}\u{1b}[31m{}", "é".repeat(100), "\u{1f600}\u{0}".repeat(1000));
    let message = wrong(&text);
    assert!(message.contains(&format!("after '{}\\u{{202e}}' and before '\\u{{1b}}[31m😀\\0😀", "é".repeat(19))), "{message}");
    assert!(message.len() < 300);
}

#[test]
fn no_deeper_than_said() {
    let nested = |depth: usize| format!("{}1{}", "[{\"a\":".repeat(depth / 2), "}]".repeat(depth / 2));
    read(&nested(DEEPEST));
    assert!(wrong(nested(DEEPEST + 2)).starts_with("nested deeper than 1024 levels at line 1 column 3073, after"));
    assert!(wrong("[".repeat(10_000_000)).starts_with("nested deeper than 1024 levels at line 1 column 1025,"));
}

#[test]
fn encodings_show_by_their_zeros() {
    let text = "[\"é日😀\"]";
    let be16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let le16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be32: Vec<u8> = text.chars().flat_map(|each| u32::from(each).to_be_bytes()).collect();
    let le32: Vec<u8> = text.chars().flat_map(|each| u32::from(each).to_le_bytes()).collect();
    for (mark, body) in [
        (&b""[..], text.as_bytes()),
        (b"\xef\xbb\xbf", text.as_bytes()),
        (b"", &be16),
        (b"\xfe\xff", &be16),
        (b"", &le16),
        (b"\xff\xfe", &le16),
        (b"", &be32),
        (b"\0\0\xfe\xff", &be32),
        (b"", &le32),
        (b"\xff\xfe\0\0", &le32),
    ] {
        assert_eq!(super::text(&[mark, body].concat(), None).expect("encoded well"), text);
    }
    let encoded = |body, said| super::text(body, said).map(Cow::into_owned);
    assert_eq!(encoded(b"[\"\xe9\"]", Some(encoding_rs::WINDOWS_1252)).expect("any byte"), "[\"é\"]");
    for (body, said, wrong) in [
        (&b"\xef\xbb\xbf[\n\"\xe9\xff"[..], None, "not UTF-8 at line 2 column 2, after '[\\n\"' and before '��'"),
        (b"\"\xed\xa0\x80", None, "not UTF-8 at line 1 column 2, after '\"' and before '���'"),
        (b"[\"\x82\"]", Some(encoding_rs::SHIFT_JIS), "not Shift_JIS"),
        (b"[\0\0\xd8", None, "not UTF-16LE"),
        (b"[\0\0\0\0\xd8\0\0", None, "not UTF-32LE"),
        (b"\0\0\0[\0", None, "not UTF-32BE"),
    ] {
        assert_eq!(encoded(body, said), Err(wrong.into()));
    }
}

/// Texts that are JSON often, and nearly so otherwise.
fn tokens() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"\"",
        "\"\\n\"",
        "\"\\ud83d\\ude00\"",
        "\"é\"",
        "\"\\",
        "\"",
        "0",
        "1",
        "-",
        "01",
        ".5",
        "1.5",
        "e3",
        "E+",
        "true",
        "null",
        "nul",
        " ",
        "\n",
        "\t",
        "\u{b}",
        "NaN",
        "[1, 2]",
        "{\"a\": 1}",
        "[[",
        "]]",
        "\u{feff}",
        "1e400",
    ]);
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// serde_json, which also reads everything that the grammar allows when it has nothing to keep.
    #[test]
    fn as_strict_as_another_reader(text in tokens()) {
        let theirs = serde_json::from_str::<IgnoredAny>(&text);
        prop_assert_eq!(parse(&text, &mut Values).is_ok(), theirs.is_ok(), "{:?}", theirs);
    }

    #[test]
    fn a_string_stops_where_it_must(text in "[ -~\u{80}-\u{2ff}\u{1f600}-\u{1f610}\n\"\\\\]{0,40}") {
        let written = serde_json::to_string(&text).expect("a string");
        prop_assert_eq!(read(&written), Value::Text(text.into_bytes()));
    }

    #[test]
    fn floats_are_the_nearest_double(number in r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24}|(\.[0-9]{1,9})?[eE][+-]?[0-9]{1,3})") {
        let expected: f64 = number.parse().expect("a number");
        let Value::Float(float) = read(&number) else { panic!("no float") };
        prop_assert_eq!(float.to_bits(), expected.to_bits());
    }

    #[test]
    fn any_text_is_read_or_refused(any in ".{0,20}", cut in 0..30usize) {
        let text = ["[{\"a\\u00e9\": [1.5e3, \"\\ud800\", ".get(..cut).unwrap_or_default(), &any].concat();
        if let Err(Stop::Fault(fault)) = parse(&text, &mut Values) {
            prop_assert!(fault.at <= text.len());
            fault.describe(text.as_bytes());
        }
    }
}
