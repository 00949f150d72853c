//! Which types the values of all bodies have, unified.
//!
//! Null is of every type. Whole numbers and others together are floats. All else that differs has no type in common, and stays
//! JSON text.

use std::ops::BitOr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::crew;
use super::cursor::{Cursor, Next};
use super::names::Names;
use super::schema;
use arrow_schema::{DataType, Field, Fields};

/// Lists and objects within one another that get a type of their own. What lies deeper stays JSON text: not every reader of
/// Arrow follows types to any depth.
const LEVELS: usize = 32;

/// What values at one place have in common.
#[derive(Debug, Default)]
pub enum Kind {
    /// There was none but null.
    #[default]
    Null,
    Bool,
    Number(Number),
    Text,
    List(Box<List>),
    Record(Box<Record>),
    /// Nothing: they stay JSON text.
    Mixed,
}

/// What the numbers at a place need.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    negative: bool,
    /// One is beyond the signed 64 bits.
    large: bool,
    float: bool,
}

#[derive(Debug, Default)]
pub struct List {
    kind: Kind,
    /// Elements of all lists together.
    len: u64,
}

#[derive(Debug, Default)]
pub struct Record {
    names: Names,
    kinds: Vec<Kind>,
    /// Rows, where it is that of the rows.
    rows: u64,
}

impl Kind {
    /// Sees the rows of a body: the elements of a list, or one row. No more than `left` new fields get a kind.
    pub fn see_rows(&mut self, json: &mut Cursor<'_>, left: &mut usize, stop: &AtomicBool) {
        if !matches!(self, Self::Record(_)) {
            *self = Self::Record(Box::default());
        }
        let Self::Record(record) = self else { return };
        let next = json.next();
        if next != Next::List {
            return record.see_row(json, next, left);
        }
        let mut more = json.enter();
        while more && !crew::stopped(stop) {
            let next = json.next();
            record.see_row(json, next, left);
            more = json.step();
        }
    }

    /// Sees a value.
    fn see(&mut self, json: &mut Cursor<'_>, next: Next, level: usize, left: &mut usize) {
        match (&mut *self, next) {
            (_, Next::Null) | (Self::Mixed, _) => {}
            (_, Next::List | Next::Object) if level >= LEVELS => *self = Self::Mixed,
            (Self::Null, Next::List) => *self = Self::List(Box::default()),
            (Self::Null, Next::Object) => *self = Self::Record(Box::default()),
            (Self::List(_), Next::List) | (Self::Record(_), Next::Object) => {}
            (_, Next::Bool) => self.meet(Self::Bool),
            (_, Next::String) => self.meet(Self::Text),
            (_, Next::Number) => return self.meet(Self::Number(Number::of(json.number()))),
            (_, Next::List | Next::Object) => *self = Self::Mixed,
        }
        match (self, next) {
            (Self::List(list), Next::List) => list.see(json, level + 1, left),
            (Self::Record(record), Next::Object) => record.see(json, level + 1, left),
            _ => {
                json.skip(next);
            }
        }
    }

    /// Takes another kind in: a plain one.
    fn meet(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Number(one), Self::Number(other)) => *one = *one | other,
            (Self::Bool, Self::Bool) | (Self::Text, Self::Text) => {}
            (Self::Null, other) => *self = other,
            _ => *self = Self::Mixed,
        }
    }

    /// Takes in what other bodies have shown.
    pub fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (_, Self::Null) => {}
            (Self::List(one), Self::List(other)) => {
                one.len += other.len;
                one.kind.merge(other.kind);
            }
            (Self::Record(one), Self::Record(other)) => one.merge(*other),
            (_, other) => self.meet(other),
        }
    }

    /// How many fields of objects there are, nested ones included.
    pub fn fields(&self) -> usize {
        match self {
            Self::List(list) => list.kind.fields(),
            Self::Record(record) => record.fields(),
            _ => 0,
        }
    }

    /// The bytes that the columns of the rows take, text apart.
    pub fn room(&self) -> u64 {
        match self {
            Self::Record(record) => record.room(record.rows),
            _ => 0,
        }
    }

    /// The same for so many values.
    fn room_for(&self, values: u64) -> u64 {
        match self {
            Self::Null => 0,
            Self::Bool => values / 4,
            Self::Number(_) => values.saturating_mul(8),
            Self::Text | Self::Mixed => values.saturating_mul(4),
            Self::List(list) => values.saturating_mul(4).saturating_add(list.kind.room_for(list.len)),
            Self::Record(record) => record.room(values),
        }
    }

    /// The fields of the rows.
    pub fn row_fields(&self) -> Fields {
        match self {
            Self::Record(record) => record.data_types(),
            _ => Fields::empty(),
        }
    }

    /// As a field of this name.
    fn field(&self, name: &str) -> Field {
        let data_type = match self {
            Self::Null => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Number(number) => number.data_type(),
            Self::Text => DataType::Utf8,
            Self::List(list) => DataType::List(Arc::new(list.kind.field(Field::LIST_FIELD_DEFAULT_NAME))),
            Self::Record(record) if !record.kinds.is_empty() => DataType::Struct(record.data_types()),
            // Parquet has no structs without fields.
            Self::Record(_) | Self::Mixed => return schema::json_text(name),
        };
        Field::new(name, data_type, true)
    }
}

impl List {
    fn see(&mut self, json: &mut Cursor<'_>, level: usize, left: &mut usize) {
        let mut more = json.enter();
        while more {
            self.len += 1;
            let next = json.next();
            self.kind.see(json, next, level, left);
            more = json.step();
        }
    }
}

impl Record {
    fn see_row(&mut self, json: &mut Cursor<'_>, next: Next, left: &mut usize) {
        self.rows += 1;
        match next {
            Next::Object => self.see(json, 0, left),
            // A row of nulls needs no column.
            Next::Null => {
                json.skip(next);
            }
            _ => {
                self.names.begin();
                see_field(self.kind(schema::VALUE.as_bytes(), left), json, next, 0, left);
            }
        }
    }

    fn see(&mut self, json: &mut Cursor<'_>, level: usize, left: &mut usize) {
        self.names.begin();
        let mut more = json.enter();
        while more {
            let kind = self.kind(json.name(), left);
            let next = json.next();
            see_field(kind, json, next, level, left);
            more = json.step();
        }
    }

    /// The kind of the field of a name, made where there is none, unless no more fields are left.
    fn kind(&mut self, name: &[u8], left: &mut usize) -> Option<&mut Kind> {
        let place = match self.names.find(name) {
            Some(place) => place,
            None => {
                *left = left.checked_sub(1)?;
                self.kinds.push(Kind::Null);
                self.names.add(name)
            }
        };
        self.kinds.get_mut(place)
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.names.begin();
        let mut left = usize::MAX;
        for (name, other) in other.names.iter().zip(other.kinds) {
            if let Some(kind) = self.kind(name.as_bytes(), &mut left) {
                kind.merge(other);
            }
        }
    }

    fn fields(&self) -> usize {
        self.kinds.len() + self.kinds.iter().map(Kind::fields).sum::<usize>()
    }

    fn room(&self, values: u64) -> u64 {
        self.kinds.iter().fold(0, |room: u64, kind| room.saturating_add(kind.room_for(values)))
    }

    fn data_types(&self) -> Fields {
        self.names.iter().zip(&self.kinds).map(|(name, kind)| kind.field(name)).collect()
    }
}

fn see_field(kind: Option<&mut Kind>, json: &mut Cursor<'_>, next: Next, level: usize, left: &mut usize) {
    match kind {
        Some(kind) => kind.see(json, next, level, left),
        None => {
            json.skip(next);
        }
    }
}

impl Number {
    fn of(text: &[u8]) -> Self {
        let negative = text.first() == Some(&b'-');
        let whole = Self { negative, large: false, float: false };
        // Eighteen digits are always within 64 bits.
        if text.len() <= 18 && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') {
            return whole;
        }
        let text = std::str::from_utf8(text).unwrap_or_default();
        if text.parse::<i64>().is_ok() {
            whole
        } else if text.parse::<u64>().is_ok() {
            Self { large: true, ..whole }
        } else {
            Self { float: true, ..whole }
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self { float: true, .. } | Self { negative: true, large: true, .. } => DataType::Float64,
            Self { large: true, .. } => DataType::UInt64,
            _ => DataType::Int64,
        }
    }
}

impl BitOr for Number {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self { negative: self.negative | other.negative, large: self.large | other.large, float: self.float | other.float }
    }
}
