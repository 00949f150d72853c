use super::super::transport::Network;
use super::*;

/// Work of which there is none.
#[derive(Debug)]
struct Nothing;

impl Work for Nothing {
    fn look(&self, _: usize, _: &mut dyn FnMut(&Item)) {}

    fn finish(&self, _: usize, _: Outcome) -> bool {
        false
    }

    fn hold(&self, _: Vec<usize>) {}

    fn fail(&self, _: Box<Error>) {}
}

fn size<A, B, F: Future>(_: impl Fn(A, B) -> F) -> usize {
    size_of::<F>()
}

/// Each request in flight has a worker: what only few of them need is not to be in all.
#[test]
fn a_worker_takes_less_than_4_kb() {
    assert!(size(Crowd::<Network, Nothing>::work) < 4_000);
}
