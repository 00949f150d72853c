//! Field names, looked up in the order in which objects have them.

use std::collections::HashMap;

/// The names of the fields of one kind of object. Most objects have their fields in the same order, so the next one is guessed
/// before it is looked up.
#[derive(Debug, Default)]
pub struct Names {
    names: Vec<Box<str>>,
    places: HashMap<Box<[u8]>, usize>,
    next: usize,
}

impl Names {
    /// An object begins.
    pub fn begin(&mut self) {
        self.next = 0;
    }

    /// The place of a name, if it has one.
    pub fn find(&mut self, name: &[u8]) -> Option<usize> {
        let guessed = self.names.get(self.next).is_some_and(|guess| guess.as_bytes() == name);
        let found = if guessed { self.next } else { *self.places.get(name)? };
        self.next = found + 1;
        Some(found)
    }

    /// Gives a new name the next place.
    pub fn add(&mut self, name: &[u8]) -> usize {
        let place = self.names.len();
        self.names.push(String::from_utf8_lossy(name).into());
        self.places.insert(name.into(), place);
        self.next = place + 1;
        place
    }

    /// The name at a place.
    pub fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("", |name| name)
    }

    /// The names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }
}
