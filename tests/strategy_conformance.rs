//! What every registered strategy must hold on every registered space.

use archbench::rng::{StreamRng, derive_rng};
use archbench::space::{Architecture, SPACES, SearchSpace};
use archbench::strategy::{
    AskContext, Fidelity, Observation, Outcome, Proposal, STRATEGIES, Strategy, TrialId,
};
use std::collections::VecDeque;

const FULL: Fidelity = Fidelity(9);

fn context<'a>(
    space: &'a dyn SearchSpace,
    rng: &'a mut StreamRng,
    running: usize,
) -> AskContext<'a> {
    AskContext {
        space,
        rng,
        full_fidelity: FULL,
        running,
    }
}

/// A made-up metric with structure to climb: nearness to a fixed target.
fn metric(arch: &Architecture) -> f64 {
    let near = |(at, choice): (usize, &u8)| f64::from(u8::from(usize::from(*choice) == at % 3));
    arch.decisions().iter().enumerate().map(near).sum::<f64>() / 10.0
}

/// Asks `asks` times with up to `workers` trials pending; every `fails`-th evaluation fails.
fn proposals(
    strategy: &mut dyn Strategy,
    space: &dyn SearchSpace,
    seed: u64,
    (asks, workers, fails): (usize, usize, usize),
) -> Vec<Architecture> {
    let mut rng = derive_rng(seed, &["conformance"]);
    let mut pending: VecDeque<(usize, Architecture)> = VecDeque::new();
    let mut proposed = Vec::new();
    for trial in 0..asks {
        let proposal = strategy
            .ask(&mut context(space, &mut rng, pending.len()))
            .expect("asked");
        match proposal {
            Proposal::Start { arch, fidelity } => {
                assert_eq!(fidelity, FULL);
                assert!(space.is_valid(&arch), "{arch:?}");
                assert_eq!(
                    space.at_index(space.index_of(&arch)),
                    arch,
                    "within the space"
                );
                proposed.push(arch);
                pending.push_back((trial, arch));
            }
            Proposal::Wait => assert!(!pending.is_empty(), "waits for nothing"),
            Proposal::Done => break,
            Proposal::Resume { .. } => unreachable!("no strategy here resumes"),
        }
        if pending.len() >= workers || proposal == Proposal::Wait {
            let (trial, arch) = pending.pop_front().expect("something is pending");
            let outcome = match fails > 0 && trial % fails == 0 {
                true => Outcome::Failed,
                false => Outcome::Evaluated {
                    valid: metric(&arch),
                },
            };
            let observation = Observation {
                trial: TrialId(trial as u32),
                arch,
                fidelity: FULL,
                outcome,
                cost_s: None,
            };
            let mut ctx = context(space, &mut rng, pending.len());
            strategy.tell(&observation, &mut ctx).expect("told");
        }
    }
    proposed
}

fn everywhere(check: impl Fn(&str, &dyn Fn() -> Box<dyn Strategy>, &dyn SearchSpace)) {
    for entry in STRATEGIES {
        let config = entry
            .configure(entry.defaults())
            .expect("defaults are sound");
        for space in SPACES {
            let space = (space.open)();
            let start = || config.start(space.as_ref());
            check(entry.name, &start, space.as_ref());
        }
    }
}

#[test]
fn proposals_are_valid_and_depend_on_the_seed_alone() {
    everywhere(|name, start, space| {
        for shape in [(400, 1, 0), (400, 4, 0), (400, 1, 7), (400, 3, 1)] {
            let once = proposals(start().as_mut(), space, 1, shape);
            let again = proposals(start().as_mut(), space, 1, shape);
            let other = proposals(start().as_mut(), space, 2, shape);
            assert_eq!(once, again, "{name}");
            assert_ne!(once, other, "{name}");
            assert!(once.len() > 200, "{name} makes progress");
        }
    });
}

/// More evaluations than there are classes: a strategy may end or go on, but never hangs.
#[test]
fn an_exhausted_space_ends_or_goes_on() {
    everywhere(|_, start, space| {
        if space.class_count() <= 7_000 {
            proposals(start().as_mut(), space, 1, (8_000, 2, 0));
        }
    });
}

#[test]
fn random_search_without_replacement_draws_every_class_once() {
    let entry = STRATEGIES
        .iter()
        .find(|s| s.name == "random-search")
        .expect("registered");
    let mut parameters = entry.defaults();
    parameters.insert("replacement".into(), false.into());
    let config = entry.configure(parameters).expect("sound");
    let spaces = SPACES.iter().map(|entry| (entry.open)());
    for space in spaces.filter(|space| space.class_count() <= 40_000) {
        let asks = space.class_count() as usize + 10;
        let drawn = proposals(
            config.start(space.as_ref()).as_mut(),
            space.as_ref(),
            1,
            (asks, 1, 0),
        );
        let mut classes: Vec<_> = drawn.iter().map(|a| space.class(a)).collect();
        classes.sort_unstable();
        classes.dedup();
        assert_eq!((drawn.len(), classes.len()), (asks - 10, asks - 10));
    }
}

#[test]
fn unknown_parameters_are_named() {
    for entry in STRATEGIES {
        let mut parameters = entry.defaults();
        parameters.insert("zeal".into(), 1.into());
        let refused = entry.configure(parameters).err().expect("refused");
        assert!(refused.contains("zeal"), "{refused}");
    }
}
