use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;

const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];
const NO_LIMIT: u64 = u64::MAX;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(data: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn brotli(data: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut &data[..], &mut coded, &params).unwrap();
    coded
}

fn zstd_with(data: &[u8], parameters: &[zstd_safe::CParameter]) -> Vec<u8> {
    let mut context = zstd_safe::CCtx::create();
    for parameter in parameters {
        context.set_parameter(*parameter).unwrap();
    }
    let mut coded = vec![0; zstd_safe::compress_bound(data.len())];
    let length = context.compress2(&mut coded[..], data).unwrap();
    coded.truncate(length);
    coded
}

fn zstd(data: &[u8]) -> Vec<u8> {
    zstd_with(data, &[zstd_safe::CParameter::ChecksumFlag(true)])
}

fn encode(coding: Coding, data: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => gzip(data),
        Coding::Deflate => zlib(data),
        Coding::Brotli => brotli(data),
        Coding::Zstd => zstd(data),
    }
}

/// The decoded body, with the coded one cut into chunks of this size.
fn decode_in(codings: &[Coding], coded: &[u8], limit: u64, chunk: usize) -> Result<Vec<u8>, DecodeFailure> {
    let mut decoder = Decoder::new(codings, limit)?;
    let mut out = Vec::new();
    for chunk in coded.chunks(chunk) {
        decoder.feed(chunk, &mut out)?;
    }
    decoder.finish().map(|()| out)
}

fn decode(codings: &[Coding], coded: &[u8]) -> Result<Vec<u8>, DecodeFailure> {
    let whole = decode_in(codings, coded, NO_LIMIT, usize::MAX);
    assert_eq!(whole, decode_in(codings, coded, NO_LIMIT, 1), "byte by byte it differs");
    whole
}

fn declared(lines: &[&str]) -> Result<Declared, DecodeFailure> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(CONTENT_ENCODING, http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    codings(&headers)
}

fn known(codings: &[Coding]) -> Result<Declared, DecodeFailure> {
    Ok(Declared::Known(codings.to_vec()))
}

#[test]
fn headers_name_codings() {
    assert_eq!(declared(&[]), known(&[]));
    assert_eq!(declared(&["", "identity, Identity ,"]), known(&[]));
    assert_eq!(declared(&["GZIP"]), known(&[Coding::Gzip]));
    assert_eq!(
        declared(&["x-gzip, br", "deflate ,\tzstd"]),
        known(&[Coding::Gzip, Coding::Brotli, Coding::Deflate, Coding::Zstd])
    );
    assert_eq!(declared(&["gzip, foo"]), Ok(Declared::Unknown));
    assert_eq!(declared(&["gzîp"]), Ok(Declared::Unknown));
    assert_eq!(declared(&["br,br,identity,br,br,br"]), known(&[Coding::Brotli; 5]));
    assert_eq!(declared(&["br,br,br", "br,br", "br"]), Err(DecodeFailure::TooMany));
}

#[test]
fn an_empty_body_is_empty_in_any_coding() {
    for coding in ALL {
        assert_eq!(decode(&[coding], b""), Ok(Vec::new()));
        assert_eq!(decode(&[coding], &encode(coding, b"")), Ok(Vec::new()));
    }
}

#[test]
fn a_cut_body_is_an_error_wherever_it_is_cut() {
    let text: Vec<u8> = (0..400u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let data = [text.as_slice(), &[b'a'; 3000]].concat();
    for data in [&data[..], b"x", b"hello hello hello"] {
        let mut coded: Vec<_> = ALL.iter().map(|coding| (*coding, encode(*coding, data))).collect();
        coded.extend((0..10).map(|level| (Coding::Deflate, raw_deflate(data, level))));
        for (coding, coded) in coded {
            assert_eq!(decode(&[coding], &coded).as_deref(), Ok(data));
            for cut in 1..coded.len() {
                assert_eq!(decode(&[coding], &coded[..cut]), Err(DecodeFailure::Truncated(coding)), "{cut} bytes of {coding}");
            }
        }
    }
}

#[test]
fn a_second_member_or_frame_belongs_to_the_body() {
    for coding in [Coding::Gzip, Coding::Zstd] {
        let first = encode(coding, b"one ");
        let coded = [first.clone(), encode(coding, b""), encode(coding, b"two")].concat();
        assert_eq!(decode(&[coding], &coded).as_deref(), Ok(&b"one two"[..]));
        let boundaries = [first.len(), first.len() + encode(coding, b"").len()];
        for cut in (first.len() + 1..coded.len()).filter(|cut| !boundaries.contains(cut)) {
            assert_eq!(decode(&[coding], &coded[..cut]), Err(DecodeFailure::Truncated(coding)), "{cut} bytes of {coding}");
        }
    }
}

#[test]
fn skippable_frames_are_skipped() {
    let skippable = [0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let coded = [&skippable[..], &zstd(b"data"), &skippable].concat();
    assert_eq!(decode(&[Coding::Zstd], &coded).as_deref(), Ok(&b"data"[..]));
    assert_eq!(decode(&[Coding::Zstd], &skippable), Ok(Vec::new()));
    assert_eq!(decode(&[Coding::Zstd], &coded[..coded.len() - 1]), Err(DecodeFailure::Truncated(Coding::Zstd)));
}

#[test]
fn what_follows_the_end() {
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli] {
        for junk in [&b"junk"[..], &[0; 600], b"\0\0junk", &[0x1f, 0x1f, 0x8b], &[0xff]] {
            let coded = [encode(coding, b"data"), junk.to_vec()].concat();
            assert_eq!(decode(&[coding], &coded).as_deref(), Ok(&b"data"[..]), "{coding} with {junk:?}");
        }
    }
    let padded = [gzip(b"one "), vec![0; 512], gzip(b"two")].concat();
    assert_eq!(decode(&[Coding::Gzip], &padded).as_deref(), Ok(&b"one two"[..]));
    let broken = [gzip(b"one "), b"\x1f\x8bjunk".to_vec()].concat();
    assert!(matches!(decode(&[Coding::Gzip], &broken), Err(DecodeFailure::Corrupt(_))));
    let lone = [gzip(b"one "), vec![0x1f]].concat();
    assert_eq!(decode(&[Coding::Gzip], &lone), Err(DecodeFailure::Truncated(Coding::Gzip)));
    let after_frame = [zstd(b"data"), b"junk".to_vec()].concat();
    assert!(matches!(decode(&[Coding::Zstd], &after_frame), Err(DecodeFailure::Corrupt(_))));
}

#[test]
fn checksums_are_verified() {
    for (coding, from_the_end) in
        [(Coding::Gzip, 8), (Coding::Gzip, 4), (Coding::Gzip, 1), (Coding::Deflate, 1), (Coding::Zstd, 1)]
    {
        let mut coded = encode(coding, b"some data, some data");
        let at = coded.len() - from_the_end;
        coded[at] ^= 1;
        assert!(matches!(decode(&[coding], &coded), Err(DecodeFailure::Corrupt(_))), "{coding}, {from_the_end} from the end");
    }
}

#[test]
fn messages_name_the_coding_and_hold_no_bytes_of_the_body() {
    for coding in ALL {
        let failure = decode(&[coding], b"\xffsecret: hunter2").unwrap_err();
        let words = failure.to_string();
        assert!(words.starts_with(&format!("declared {coding}, got bytes that are not")) && !words.contains("hunter"), "{words}");
    }
    let mut coded = gzip(b"some data");
    *coded.last_mut().unwrap() = 9;
    assert!(decode(&[Coding::Gzip], &coded).unwrap_err().to_string().contains("got damaged data (incorrect length check)"));
}

#[test]
fn a_failed_decoder_stays_failed() {
    let mut decoder = Decoder::new(&[Coding::Gzip], NO_LIMIT).unwrap();
    let failure = decoder.feed(b"no gzip", &mut Vec::new()).unwrap_err();
    assert_eq!(decoder.feed(&gzip(b"x"), &mut Vec::new()), Err(failure.clone()));
    assert_eq!(decoder.finish(), Err(failure));
}

#[test]
fn zstd_windows_are_capped() {
    let data: Vec<u8> = vec![7; 20 << 20];
    for (log, fits) in [(23, true), (24, false), (27, false)] {
        let parameters = [zstd_safe::CParameter::WindowLog(log), zstd_safe::CParameter::ContentSizeFlag(false)];
        let result = decode_in(&[Coding::Zstd], &zstd_with(&data, &parameters), NO_LIMIT, 4096);
        assert_eq!(result.is_ok(), fits, "2^{log}: {:?}", result.err());
    }
}

#[test]
fn the_limit_holds_to_the_byte() {
    let data = vec![b'a'; 100_000];
    for codings in [&[][..], &[Coding::Gzip], &[Coding::Brotli], &[Coding::Zstd, Coding::Gzip]] {
        let coded = codings.iter().fold(data.clone(), |body, coding| encode(*coding, &body));
        assert_eq!(decode_in(codings, &coded, 100_000, 1000).as_deref(), Ok(&data[..]));
        let mut out = Vec::new();
        let mut decoder = Decoder::new(codings, 99_999).unwrap();
        assert_eq!(decoder.feed(&coded, &mut out), Err(DecodeFailure::TooLarge { limit: 99_999 }));
        assert_eq!((out.len(), decoder.made()), (99_999, 99_999));
    }
}

#[test]
fn bombs_stop_at_the_limit() {
    let zeros = vec![0; 300 << 20];
    let limit = 1 << 20;
    let mut bombs: Vec<_> = ALL.iter().map(|coding| (vec![*coding], encode(*coding, &zeros))).collect();
    bombs.push((vec![Coding::Deflate], raw_deflate(&zeros, 6)));
    bombs.push((vec![Coding::Gzip, Coding::Gzip], gzip(&bombs[0].1)));
    // The outer codings are a bomb too, and its output, as padding of a gzip member, decodes to nothing.
    let padded = [gzip(b"x"), zeros].concat();
    bombs.push((vec![Coding::Gzip, Coding::Zstd, Coding::Brotli], brotli(&zstd(&padded))));
    for (codings, bomb) in bombs {
        assert!(bomb.len() < 400_000, "{codings:?} is {} bytes", bomb.len());
        let mut out = Vec::new();
        let mut decoder = Decoder::new(&codings, limit).unwrap();
        assert_eq!(decoder.feed(&bomb, &mut out), Err(DecodeFailure::TooLarge { limit }), "{codings:?}");
        assert!(out.capacity() <= limit as usize + 2 * STEP, "{codings:?} took {}", out.capacity());
    }
}

#[test]
fn a_streaming_reader_gets_no_more_than_it_asks_for() {
    let data = vec![b'a'; 1_000_000];
    for coding in ALL {
        let coded = encode(coding, &data);
        let mut decoder = Decoder::new(&[coding], NO_LIMIT).unwrap();
        let (mut input, mut out, mut total) = (&coded[..], Vec::new(), 0);
        while decoder.decode(&mut input, &mut out, 1000).unwrap() == Progress::More {
            assert!(out.len() <= 1000);
            total += out.len();
            out.clear();
        }
        assert_eq!((total + out.len(), decoder.finish()), (1_000_000, Ok(())));
        assert!(out.capacity() <= 2000);
    }
}

#[test]
fn a_chain_that_decodes_to_nothing_lets_others_have_a_turn() {
    let padded = [gzip(b"x"), vec![0; 20 << 20]].concat();
    let bomb = zstd(&padded);
    let mut decoder = Decoder::new(&[Coding::Gzip, Coding::Zstd], NO_LIMIT).unwrap();
    let (mut input, mut out, mut turns) = (&bomb[..], Vec::new(), 0);
    while decoder.decode(&mut input, &mut out, usize::MAX).unwrap() == Progress::More {
        turns += 1;
    }
    assert_eq!((turns, &out[..], decoder.finish()), (20, &b"x"[..], Ok(())));
}

#[test]
fn many_empty_members_are_one_empty_body() {
    assert_eq!(decode_in(&[Coding::Gzip], &gzip(b"").repeat(50_000), NO_LIMIT, 16_000), Ok(Vec::new()));
}

fn any_coding() -> impl Strategy<Value = Coding> {
    prop::sample::select(&ALL[..])
}

proptest! {
    #[test]
    fn any_chain_in_any_chunks_gives_the_body(
        codings in prop::collection::vec(any_coding(), 0..=MAX_CODINGS),
        data in prop::collection::vec(0u8..4, 0..3000),
        repeat in 1usize..50,
        chunks in prop::collection::vec((1usize..500, 1usize..5000), 1..20),
    ) {
        let data = data.repeat(repeat);
        let coded = codings.iter().fold(data.clone(), |body, coding| encode(*coding, &body));
        let mut decoder = Decoder::new(&codings, data.len() as u64).unwrap();
        let (mut rest, mut out, mut chunks) = (&coded[..], Vec::new(), chunks.iter().cycle());
        while !rest.is_empty() {
            let (length, at_most) = *chunks.next().unwrap();
            let (mut now, later) = rest.split_at(length.min(rest.len()));
            while decoder.decode(&mut now, &mut out, at_most).unwrap() == Progress::More {}
            prop_assert!(now.is_empty());
            rest = later;
        }
        prop_assert_eq!(decoder.finish(), Ok(()));
        prop_assert_eq!(out, data);
    }

    #[test]
    fn damage_is_survived(coding in any_coding(), bytes in prop::collection::vec(any::<u8>(), 0..300), at in any::<usize>(), bit in 0u8..8) {
        let mut coded = encode(coding, &bytes.repeat(3));
        let at = at % coded.len();
        coded[at] ^= 1 << bit;
        for body in [&coded, &bytes] {
            let whole = decode_in(&[coding], body, 1 << 20, usize::MAX);
            let pieces = decode_in(&[coding], body, 1 << 20, 7);
            // Only in pieces does libzstd overlook some damage to blocks with nothing in them.
            if coding != Coding::Zstd || (whole.is_ok() && pieces.is_ok()) {
                prop_assert_eq!(whole.ok(), pieces.ok());
            }
        }
    }
}
