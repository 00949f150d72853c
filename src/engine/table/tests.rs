//! Whole tables: what is saved comes back, and no file does harm.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{Array, RecordBatchReader, new_null_array};
use arrow_schema::DataType;
use http::{Method, StatusCode, Version};
use proptest::prelude::*;

use super::saved::{COLUMNS, Loaded};
use super::{Column, Layout, Rows, cell, ipc};
use crate::engine::error::{Error, Kind, Phase};
use crate::engine::gather::Table;
use crate::engine::item::Item;
use crate::engine::request::Request;
use crate::engine::response::{Outcome, Rare, Response, Timings};

fn answer(url: &str, headers: Vec<u8>, body: Vec<u8>, history: Vec<Response>) -> Response {
    Response {
        status: StatusCode::IM_A_TEAPOT,
        version: Version::HTTP_2,
        headers: headers.into(),
        body: body.into(),
        url: url.into(),
        elapsed: Duration::from_micros(1_500).into(),
        timings: Timings { start: 7, queue: 1, dns: 2, connect: 3, tls: 4, first_byte: 5, body: 6 },
        attempts: 2,
        decoded: true,
        peer: None,
        rare: (!history.is_empty()).then(|| Box::new(Rare { history, ..Rare::default() })),
    }
}

fn rows(rows: Vec<(Item, Outcome)>) -> Rows {
    let count = rows.len();
    Rows {
        table: Arc::new(Table::finished(rows.into_iter().map(|(item, outcome)| (item, Arc::new(outcome))))),
        places: (0..count).collect(),
        tags: new_null_array(&DataType::LargeUtf8, count),
        raised: HashMap::new(),
        kind_name: |_| "Kind",
    }
}

/// A row of each kind.
fn some() -> Rows {
    let url = "http://h/";
    let field = b"\x01a\x02\xe9b".to_vec();
    let hop = answer("http://before/", Vec::new(), b"moved".to_vec(), Vec::new());
    let failure = Error::unsent(Kind::Dns, Phase::Dns, Method::GET, url, "no such host");
    let request = Request::new(Method::POST, url).expect("a request");
    rows(vec![
        (Item::Url(url.into()), Ok(answer(url, field.clone(), vec![7; 100], vec![hop]))),
        (Item::Url(url.into()), Ok(answer(url, field, Vec::new(), Vec::new()))),
        (Item::Request(Arc::new(request)), Err(failure.clone())),
        (Item::Invalid(failure.clone()), Err(failure)),
    ])
}

fn saved(rows: Rows) -> Vec<u8> {
    let mut columns = Column::ALL.to_vec();
    columns.push(Column::Saved);
    let mut file = Vec::new();
    ipc::write(&mut file, rows.select(columns, Layout::Offsets).reader()).expect("written");
    file
}

fn loaded(file: &[u8]) -> Result<Loaded, String> {
    let mut loaded = Loaded::default();
    for batch in ipc::Reader::new(Cursor::new(file), Some(&COLUMNS))? {
        loaded.add(&batch?)?;
    }
    Ok(loaded)
}

fn told(outcomes: impl Iterator<Item = Arc<Outcome>>) -> Vec<String> {
    outcomes.map(|outcome| format!("{outcome:?}")).collect()
}

fn outcomes(rows: &Rows) -> Vec<String> {
    told((0..rows.places.len()).filter_map(|place| rows.table.outcome(place).cloned()))
}

#[test]
fn what_is_saved_comes_back() {
    let rows = some();
    let expected = outcomes(&rows);
    let back = loaded(&saved(rows)).expect("loaded");
    assert_eq!(told(back.rows.iter().map(|(_, outcome)| outcome.clone())), expected);
    let items: Vec<String> = back.rows.iter().map(|(item, _)| format!("{} {}", item.method(), item.url())).collect();
    assert_eq!(items, ["GET http://h/", "GET http://h/", "POST http://h/", "GET http://h/"]);
    let [Ok(first), Ok(second)] = [&*back.rows[0].1, &*back.rows[1].1] else { panic!("answers") };
    assert!(Arc::ptr_eq(&first.headers, &second.headers), "neighbours share their fields");
}

#[test]
fn both_layouts_say_the_same_and_all_of_it_is_valid() {
    let cells = |layout| {
        let table = some().select(Column::ALL.to_vec(), layout);
        let batches = table.batches().expect("batches");
        assert_eq!(table.clone().reader().map(|batch| batch.expect("a batch")).collect::<Vec<_>>(), batches);
        assert_eq!(table.clone().reader().schema(), *table.schema());
        let columns = batches.iter().flat_map(|batch| batch.columns().to_vec());
        columns
            .flat_map(|column| {
                column.to_data().validate_full().expect("valid");
                (0..column.len()).map(|index| cell(&column, index, 60)).collect::<Vec<_>>()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(cells(Layout::Offsets), cells(Layout::Views));
    assert!(cells(Layout::Views).contains(&"[{name: \"a\", value: \"éb\"}]".into()));
}

#[test]
fn the_body_of_a_row_alone_is_not_copied() {
    let rows = rows(vec![(Item::Url("u".into()), Ok(answer("u", Vec::new(), vec![1; 20 << 20], Vec::new())))]);
    let table = rows.table.clone();
    let Some(Ok(answer)) = table.outcome(0).map(|outcome| &**outcome) else { panic!("an answer") };
    let batches = rows.select(vec![Column::Body], Layout::Offsets).batches().expect("batches");
    let data = batches[0].column(0).to_data();
    assert_eq!(data.buffers()[1].as_ptr(), answer.body.as_ptr());
}

proptest! {
    #[test]
    fn a_damaged_file_is_refused_or_the_same(changes in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4)) {
        let rows = some();
        let expected = outcomes(&rows);
        let mut file = saved(rows);
        for (place, change) in changes {
            let place = place.index(file.len());
            file[place] ^= change;
        }
        if let Ok(back) = loaded(&file) {
            let back = told(back.rows.into_iter().map(|(_, outcome)| outcome));
            prop_assert_eq!(&back[..], &expected[..back.len()]);
        }
    }

    #[test]
    fn any_file_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), ended in any::<bool>()) {
        let mut file = bytes;
        if ended {
            file.extend(b"ARROW1");
        }
        prop_assert!(loaded(&file).is_err());
    }
}
