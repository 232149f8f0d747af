//! What every registered strategy must hold on every registered space, which may be too large to list.

#[path = "support/quick.rs"]
mod quick;

use archbench::rng::{StreamRng, derive_rng};
use archbench::space::{Architecture, SPACES, SearchSpace};
use archbench::strategy::{
    AskContext, Fidelity, Observation, Outcome, Proposal, STRATEGIES, Strategy, TrialId,
};
use std::collections::{BTreeSet, VecDeque};

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
fn nearness(arch: &Architecture) -> f64 {
    let near = |(at, choice): (usize, &u8)| f64::from(u8::from(usize::from(*choice) == at % 3));
    arch.decisions().iter().enumerate().map(near).sum::<f64>() / 10.0
}

/// How a run goes.
#[derive(Clone, Copy)]
struct Shape {
    asks: usize,
    /// Trials running at once.
    workers: usize,
    /// Every so many evaluations one fails; 0 for none.
    fails: usize,
}

const PLAIN: Shape = Shape {
    asks: 400,
    workers: 1,
    fails: 0,
};

/// Asks of a strategy that fits models.
const GUIDED_ASKS: usize = 120;

/// Proposals whose metric is the same in [`only_what_was_told_counts`]; few, so that no walk has cooled down or
/// knows its whole neighbourhood.
const PAID: usize = 40;

/// What a strategy proposed, and how many of its proposals were told before each.
struct Run {
    proposed: Vec<Architecture>,
    told_before: Vec<usize>,
    is_done: bool,
}

/// Asks up to `shape.asks` times and tells the metric of the oldest running trial whenever all workers are
/// busy or the strategy waits.
fn play(
    strategy: &mut dyn Strategy,
    space: &dyn SearchSpace,
    seed: u64,
    shape: Shape,
    metric: &dyn Fn(&Architecture) -> f64,
) -> Run {
    let mut rng = derive_rng(seed, &["conformance"]);
    let mut running: VecDeque<(usize, Architecture, Fidelity)> = VecDeque::new();
    let mut run = Run {
        proposed: Vec::new(),
        told_before: Vec::new(),
        is_done: false,
    };
    let mut told = 0;
    for _ in 0..shape.asks {
        let mut ctx = context(space, &mut rng, running.len());
        let proposal = strategy.ask(&mut ctx).expect("asked");
        match proposal {
            Proposal::Start { arch, fidelity } => {
                assert!(fidelity <= FULL);
                assert_is_member(space, &arch);
                running.push_back((run.proposed.len(), arch, fidelity));
                run.proposed.push(arch);
                run.told_before.push(told);
            }
            Proposal::Wait => assert!(!running.is_empty(), "waits for nothing"),
            Proposal::Resume { trial, fidelity } => {
                assert!(fidelity <= FULL);
                let trial = trial.0 as usize;
                running.push_back((trial, run.proposed[trial], fidelity));
            }
            Proposal::Done => run.is_done = true,
        }
        if run.is_done {
            break;
        }
        if running.len() >= shape.workers || proposal == Proposal::Wait {
            let (trial, arch, fidelity) = running.pop_front().expect("something runs");
            let is_failure = shape.fails > 0 && trial % shape.fails == 0;
            let outcome = match is_failure {
                true => Outcome::Failed,
                false => Outcome::Evaluated {
                    valid: metric(&arch),
                },
            };
            let observation = Observation {
                trial: TrialId(trial as u32),
                arch,
                fidelity,
                outcome,
                cost_s: None,
            };
            let mut ctx = context(space, &mut rng, running.len());
            strategy.tell(&observation, &mut ctx).expect("told");
            told += 1;
        }
    }
    run
}

fn assert_is_member(space: &dyn SearchSpace, arch: &Architecture) {
    let decisions = space.decisions();
    assert_eq!(arch.decisions().len(), decisions.len());
    let mut choices = arch.decisions().iter().zip(decisions);
    assert!(choices.all(|(&choice, d)| usize::from(choice) < d.options.len()));
    assert!(space.is_valid(arch), "{arch:?}");
}

/// Runs `check` with every strategy's name, a function that starts it and the length of a run, on every space that it
/// does not refuse.
fn everywhere(check: impl Fn(&str, &dyn Fn() -> Box<dyn Strategy>, &dyn SearchSpace, Shape)) {
    for entry in STRATEGIES {
        let config = quick::configured(entry);
        let shape = match quick::parameters(entry.name) {
            None => PLAIN,
            Some(_) => Shape {
                asks: GUIDED_ASKS,
                ..PLAIN
            },
        };
        for space in SPACES {
            let space = (space.open)();
            if config.suits(space.as_ref()).is_ok() {
                let start = || config.start(space.as_ref());
                check(entry.name, &start, space.as_ref(), shape);
            }
        }
    }
}

/// Progressive search needs networks that grow; all else runs everywhere.
#[test]
fn only_what_cannot_be_searched_is_refused() {
    for entry in STRATEGIES {
        let config = quick::configured(entry);
        for space in SPACES {
            let refused = config.suits((space.open)().as_ref()).is_err();
            let is_of_one_size = [
                "nas-bench-101",
                "nats-bench-size",
                "darts",
                "accel-nasbench",
            ];
            let expected = entry.name == "pnas" && is_of_one_size.contains(&space.name);
            assert_eq!(refused, expected, "{} on {}", entry.name, space.name);
        }
    }
}

#[test]
fn proposals_are_valid_and_depend_on_the_seed_alone() {
    everywhere(|name, start, space, plain| {
        let shapes = [
            plain,
            Shape {
                workers: 4,
                ..plain
            },
            Shape { fails: 7, ..plain },
            Shape {
                workers: 3,
                fails: 1,
                ..plain
            },
        ];
        for shape in shapes {
            let of = |seed| play(start().as_mut(), space, seed, shape, &nearness).proposed;
            let once = of(1);
            assert_eq!(once, of(1), "{name}");
            assert_ne!(once, of(2), "{name}");
            assert!(once.len() > plain.asks / 2, "{name} makes progress");
        }
    });
}

/// Two metrics that agree on what was told give the same proposals, until one is told that they disagree on.
/// To the other metric all that was not paid is better than all that was, so from then on a strategy that learns goes
/// another way; otherwise this test would say nothing.
#[test]
fn only_what_was_told_counts() {
    everywhere(|name, start, space, plain| {
        for workers in [1, 4] {
            let shape = Shape { workers, ..plain };
            let run = play(start().as_mut(), space, 1, shape, &nearness);
            let paid: BTreeSet<Architecture> = run.proposed[..PAID].iter().copied().collect();
            let other_metric = |arch: &Architecture| match paid.contains(arch) {
                true => nearness(arch),
                false => 2.0 - nearness(arch),
            };
            let other = play(start().as_mut(), space, 1, shape, &other_metric);
            // Trials are told in the order of their start, so this many were told when the first differs.
            let first_unpaid = other.proposed.iter().position(|arch| !paid.contains(arch));
            let first_unpaid = first_unpaid.expect("proposes others in the end");
            assert!(first_unpaid >= PAID, "{name}");
            for (at, &told) in other.told_before.iter().enumerate() {
                if told <= first_unpaid {
                    assert_eq!(run.proposed[at], other.proposed[at], "{name} at {at}");
                }
            }
            let is_blind = name == "random-search";
            assert_eq!(run.proposed == other.proposed, is_blind, "{name} learns");
        }
    });
}

/// Every class of a small space comes exactly once; of a large one, no class twice.
#[test]
fn random_search_without_replacement_draws_no_class_twice() {
    let entry = STRATEGIES
        .iter()
        .find(|s| s.name == "random-search")
        .expect("registered");
    let mut parameters = entry.defaults();
    parameters.insert("replacement".into(), false.into());
    let config = entry.configure(parameters).expect("sound");
    for space in SPACES {
        let space = (space.open)();
        let is_small = space.class_count() <= 40_000;
        let asks = match is_small {
            true => space.class_count() as usize + 10,
            false => 2_000,
        };
        let shape = Shape { asks, ..PLAIN };
        let mut strategy = config.start(space.as_ref());
        let run = play(strategy.as_mut(), space.as_ref(), 1, shape, &nearness);
        let classes: BTreeSet<_> = run.proposed.iter().map(|a| space.class(a)).collect();
        assert_eq!(classes.len(), run.proposed.len());
        assert_eq!(run.is_done, is_small);
        if is_small {
            assert_eq!(classes.len() as u64, space.class_count());
        }
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
