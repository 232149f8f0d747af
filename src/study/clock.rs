//! The simulated clock: which of the running trials finishes next.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Trials running on the simulated workers, ordered by (finish time, trial).
#[derive(Debug)]
pub(super) struct EventQueue<T> {
    now: f64,
    /// The only trial running, if there is one: spares a single worker the heap.
    only: Option<Event<T>>,
    running: BinaryHeap<Event<T>>,
}

/// A trial's finish.
#[derive(Debug)]
struct Event<T> {
    end: f64,
    trial: u32,
    payload: T,
}

impl<T> EventQueue<T> {
    pub(super) fn new() -> Self {
        Self {
            now: 0.0,
            only: None,
            running: BinaryHeap::new(),
        }
    }

    /// The simulated time of the last finish.
    pub(super) fn now(&self) -> f64 {
        self.now
    }

    pub(super) fn running(&self) -> usize {
        self.running.len() + usize::from(self.only.is_some())
    }

    /// A trial started now that finishes at `end`.
    pub(super) fn push(&mut self, end: f64, trial: u32, payload: T) {
        let event = Event {
            end,
            trial,
            payload,
        };
        if self.running() == 0 {
            self.only = Some(event);
        } else {
            self.running.extend(self.only.take());
            self.running.push(event);
        }
    }

    /// Moves the clock to the next finish.
    pub(super) fn pop(&mut self) -> Option<T> {
        let event = self.only.take().or_else(|| self.running.pop())?;
        self.now = event.end;
        Some(event.payload)
    }
}

impl<T> Ord for Event<T> {
    /// Reversed, so that the heap's greatest is the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.end.total_cmp(&self.end)).then(other.trial.cmp(&self.trial))
    }
}

impl<T> PartialOrd for Event<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Event<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Event<T> {}

#[cfg(test)]
mod tests {
    use super::EventQueue;

    #[test]
    fn finishes_come_by_time_then_trial() {
        let mut queue = EventQueue::new();
        for (end, trial) in [(3.0, 0), (1.0, 2), (1.0, 1), (2.0, 3)] {
            queue.push(end, trial, trial);
        }
        let order: Vec<(u32, f64)> =
            std::iter::from_fn(|| queue.pop().map(|t| (t, queue.now()))).collect();
        assert_eq!(order, [(1, 1.0), (2, 1.0), (3, 2.0), (0, 3.0)]);
    }
}
