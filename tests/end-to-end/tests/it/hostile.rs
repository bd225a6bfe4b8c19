//! Readers of foreign input, played with for a while. The fuzzer in `tests/fuzz` does it for longer.

use std::panic::catch_unwind;

use end_to_end::hostile::{TARGETS, corpus, mutated};
use fastrand::Rng;

const RUNS: usize = 10_000;

#[test]
fn no_input_makes_a_reader_panic() {
    let seed = fastrand::u64(..);
    let mut rng = Rng::with_seed(seed);
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(corpus.len() >= 3, "{name} has nothing to begin with");
        let mutations = (0..RUNS).map(|_| mutated(&mut rng, &corpus)).collect::<Vec<_>>();
        for input in corpus.iter().chain(&mutations) {
            let shown = String::from_utf8_lossy(input);
            assert!(catch_unwind(|| target(input)).is_ok(), "{name} broke (seed {seed}) over\n{shown}");
        }
    }
}
