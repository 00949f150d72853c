//! JSON bodies as a table: every body decoded straight into Arrow columns, with no value of its own for anything in between.
//!
//! In two rounds over pieces of some megabytes, each on as many threads as there are processors. The first checks every body
//! and finds the place in it that the rows come from; where no schema is given, it also finds out which types the values have,
//! and they are unified over all bodies. The second reads the values into columns of these types, a record batch for each
//! piece. So the types depend on the values alone, never on how the bodies were cut into pieces, and a body that is no JSON
//! never has a say in them.

mod body;
mod column;
mod crew;
mod cursor;
mod kind;
mod misfit;
mod names;
mod path;
mod rows;
mod schema;

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Fields, Schema, SchemaRef};

use super::memory::{self, NoMemory};
pub use body::Body;
use crew::Crew;
use cursor::Cursor;
use kind::Kind;
pub use path::{Path, Step};
use rows::Rows;
pub use schema::json_text;

/// Bytes of bodies that are read in one go: large enough to keep batches few, small enough to share them out evenly, and to
/// hold little that is half done.
const PIECE: usize = 8 << 20;

/// What a body counts for beside its bytes, so that pieces of empty bodies end too: about the length of an error's text.
const EACH: usize = 512;

/// Fewer bytes than this are read on the caller's own thread.
const ALONE: usize = 1 << 20;

/// Different fields, nested ones included, that types are found out for.
const FIELDS: usize = 10_000;

/// Columns may take this many times the bytes of the bodies. Objects that share few fields make tables with holes, and each
/// hole takes the room of a value.
const SPARSE: u64 = 32;

/// How many times its bytes a piece of bodies may take as columns, of numbers of two digits for example, while it is read.
const GROWTH: usize = 4;

/// Columns of this many bytes are never too many.
const ROOM: u64 = 256 << 20;

/// Why there is no table.
#[derive(Debug)]
pub enum Trouble {
    /// The caller was interrupted.
    Interrupted,
    /// The schema has a type that JSON is not read into; what, in words.
    Schema(String),
    /// The bodies make no table that memory should be spent on; why, in words.
    Sparse(String),
    /// There is no memory for the columns.
    Memory(NoMemory),
    /// A fault of ours.
    Internal(String),
}

impl From<NoMemory> for Trouble {
    fn from(lack: NoMemory) -> Self {
        Self::Memory(lack)
    }
}

impl From<ArrowError> for Trouble {
    fn from(error: ArrowError) -> Self {
        Self::Internal(format!("internal error: {error}"))
    }
}

/// The table of the bodies: a row for each, or for each element of the list at `path`. Of the types in `schema`; without one,
/// of those that the values have. `interrupted` is asked now and then.
pub fn table<B: Body + Sync>(
    bodies: &[B],
    schema: Option<&Schema>,
    path: &Path,
    interrupted: &mut dyn FnMut() -> bool,
) -> Result<(SchemaRef, Vec<RecordBatch>), Trouble> {
    let given = schema.map(schema::fields).transpose()?;
    let pieces = pieces(bodies);
    let size: usize = bodies.iter().map(Body::size).sum();
    memory::ask(size)?;
    let mut crew = Crew { alone: size < ALONE, stop: AtomicBool::new(false), interrupted };

    let first =
        crew.each(&pieces, |piece, stop| survey(bodies.get(piece.clone()).unwrap_or_default(), given.is_none(), path, stop))?;
    let mut places = Vec::with_capacity(bodies.len());
    let mut kind = Kind::default();
    for survey in first {
        places.extend(survey.places);
        kind.merge(survey.kind);
    }
    let fields = match given {
        Some(fields) => fields,
        None => found(&kind, size)?,
    };

    let second = crew.each(&pieces, |piece, stop| {
        // Columns grow in ways of their own.
        let own = bodies.get(piece.clone()).unwrap_or_default().iter().map(Body::size).sum::<usize>();
        memory::ask(own.saturating_mul(GROWTH))?;
        let mut rows = Rows::new(&fields)?;
        for index in piece.clone() {
            if let (Some(body), Some(place)) = (bodies.get(index), places.get(index)) {
                rows.body(index, body, place, stop);
            }
        }
        rows.finish()
    })?;
    let batches = second.into_iter().collect::<Result<Vec<_>, Trouble>>()?;
    Ok((schema::table(&fields), batches))
}

/// What the first round finds out about a piece.
struct Survey {
    places: Vec<Place>,
    kind: Kind,
}

/// Where in the text of a body its rows come from, or why nowhere.
type Place = Result<usize, Box<str>>;

fn survey<B: Body>(bodies: &[B], infer: bool, path: &Path, stop: &AtomicBool) -> Survey {
    // One more, which tells that there are too many.
    let mut left = FIELDS + 1;
    let mut survey = Survey { places: Vec::with_capacity(bodies.len()), kind: Kind::default() };
    for body in bodies {
        let place = body::place(body, path);
        if let (true, Ok(place), Ok(text)) = (infer, &place, body.text()) {
            survey.kind.see_rows(&mut Cursor::new(&text, *place), &mut left, stop);
        }
        survey.places.push(place);
        if crew::stopped(stop) || left == 0 {
            break;
        }
    }
    survey
}

/// The fields of the types found, unless they make a table that is mostly holes.
fn found(kind: &Kind, size: usize) -> Result<Fields, Trouble> {
    if kind.fields() > FIELDS {
        let advice = "give a schema with those that are needed; an object whose keys are data can be kept as \"json\"";
        return Err(Trouble::Sparse(format!("the objects have more than {FIELDS} different fields: {advice}")));
    }
    let (room, size) = (kind.room(), size as u64);
    if room > ROOM.max(size.saturating_mul(SPARSE)) {
        let (room, size) = (room >> 20, size >> 20);
        let advice = "give a schema with the fields that are needed";
        return Err(Trouble::Sparse(format!(
            "most rows lack most fields: {size} MB of JSON would become a table of {room} MB; {advice}"
        )));
    }
    Ok(kind.row_fields())
}

/// The bodies in pieces of about the same number of bytes. None is so large that 32-bit offsets would not do, unless it is a
/// single body.
fn pieces<B: Body>(bodies: &[B]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (index, body) in bodies.iter().enumerate() {
        let more = body.size().saturating_add(EACH);
        if size + more > PIECE && index > start {
            pieces.push(start..index);
            (start, size) = (index, 0);
        }
        size = size.saturating_add(more);
    }
    if start < bodies.len() {
        pieces.push(start..bodies.len());
    }
    pieces
}

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;
