//! A row group under construction: the columns of whole cells, in the study's order.

use super::column::{Bits, Pages, Runs, Values};
use super::results::Results;
use super::{Cell, FAILED, Names, OK, RUN_FAILED};
use crate::study::engine::Row;
use polars_parquet::parquet::metadata::Descriptor;

/// The columns of a row group.
pub(super) struct Group<'n> {
    names: &'n Names<'n>,
    rows: usize,
    benchmark: Runs<&'n str>,
    task: Runs<&'n str>,
    strategy: Runs<&'n str>,
    replicate: Runs<u32>,
    trial: Values<4>,
    results: Results,
    fidelity: Runs<u32>,
    start_s: Values<8>,
    end_s: Values<8>,
    incumbent_valid: Runs<Bits>,
    incumbent_test: Runs<Bits>,
    evaluations: Values<4>,
    status: Runs<&'n str>,
    error: Runs<&'n str>,
}

impl<'n> Group<'n> {
    /// Room for `rows` rows; columns that are mostly missing grow by themselves.
    pub(super) fn new(names: &'n Names<'n>, rows: usize) -> Self {
        Self {
            names,
            rows: 0,
            benchmark: Runs::new(),
            task: Runs::new(),
            strategy: Runs::new(),
            replicate: Runs::new(),
            trial: Values::with_capacity(rows),
            results: Results::new(),
            fidelity: Runs::new(),
            start_s: Values::with_capacity(0),
            end_s: Values::with_capacity(0),
            incumbent_valid: Runs::new(),
            incumbent_test: Runs::new(),
            evaluations: Values::with_capacity(rows),
            status: Runs::new(),
            error: Runs::new(),
        }
    }

    pub(super) fn push(&mut self, cell: &'n Cell) {
        let record = &cell.record;
        let rows = record.rows.len() + usize::from(record.error.is_some());
        let task = &self.names.study.tasks[cell.task];
        let label = &self.names.study.strategies[cell.strategy].label;
        self.rows += rows;
        self.benchmark.push(Some(&task.benchmark), rows);
        self.task.push(Some(&task.task), rows);
        self.strategy.push(Some(label), rows);
        self.replicate.push(Some(cell.replicate), rows);
        self.push_rows(cell.task, &record.rows);
        self.push_outcomes(cell);
        if let Some(message) = &record.error {
            self.push_run_failure(record.rows.len() as u32, message);
        }
    }

    fn push_rows(&mut self, task: usize, rows: &[Row]) {
        self.trial
            .extend(rows.iter().map(|r| r.trial.to_le_bytes()));
        let counts = (0..rows.len()).map(|before| (before as u32 + 1).to_le_bytes());
        self.evaluations.extend(counts);
        self.results.push(task, self.names, rows);
        for row in rows {
            self.fidelity.push(Some(row.fidelity), 1);
        }
        if rows.iter().all(|r| r.span_s.is_some()) {
            let times = |pick: fn((f64, f64)) -> f64| {
                (rows.iter()).map(move |r| r.span_s.map_or(0.0, pick).to_le_bytes())
            };
            self.start_s.extend(times(|span| span.0));
            self.end_s.extend(times(|span| span.1));
        } else if rows.iter().all(|r| r.span_s.is_none()) {
            self.start_s.extend_missing(rows.len());
            self.end_s.extend_missing(rows.len());
        } else {
            for row in rows {
                let (start_s, end_s) = row.span_s.unzip();
                self.start_s.push(start_s.map(f64::to_le_bytes));
                self.end_s.push(end_s.map(f64::to_le_bytes));
            }
        }
        self.push_incumbents(rows);
    }

    /// The best on validation so far; it changes seldom, so it is kept in runs.
    fn push_incumbents(&mut self, rows: &[Row]) {
        let mut incumbent: Option<(f64, Option<f64>)> = None;
        let mut since = 0;
        for (position, row) in rows.iter().enumerate() {
            if let Some(valid) = row.valid
                && incumbent.is_none_or(|(best, _)| valid > best)
            {
                self.push_incumbent(incumbent, position - since);
                incumbent = Some((valid, row.test));
                since = position;
            }
        }
        self.push_incumbent(incumbent, rows.len() - since);
    }

    fn push_incumbent(&mut self, incumbent: Option<(f64, Option<f64>)>, rows: usize) {
        let (valid, test) = (incumbent.map(|i| i.0), incumbent.and_then(|i| i.1));
        self.incumbent_valid.push(valid.map(Bits::from), rows);
        self.incumbent_test.push(test.map(Bits::from), rows);
    }

    /// Status and error of each evaluation.
    fn push_outcomes(&mut self, cell: &'n Cell) {
        let record = &cell.record;
        let mut failures = record.failures.iter().peekable();
        if record.failures.is_empty() && record.rows.iter().all(|r| r.valid.is_some()) {
            self.status.push(Some(OK), record.rows.len());
            self.error.push(None, record.rows.len());
            return;
        }
        for (row, position) in record.rows.iter().zip(0..) {
            let status = if row.valid.is_some() { OK } else { FAILED };
            self.status.push(Some(status), 1);
            let failure = failures.next_if(|(at, _)| *at == position);
            self.error
                .push(failure.map(|(_, message)| message.as_str()), 1);
        }
    }

    /// The row that ends a run whose strategy failed.
    fn push_run_failure(&mut self, evaluations: u32, message: &'n str) {
        self.trial.push(None);
        self.results.push_missing();
        self.fidelity.push(None, 1);
        self.start_s.push(None);
        self.end_s.push(None);
        self.incumbent_valid.push(None, 1);
        self.incumbent_test.push(None, 1);
        self.evaluations
            .extend(std::iter::once(evaluations.to_le_bytes()));
        self.status.push(Some(RUN_FAILED), 1);
        self.error.push(Some(message), 1);
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The pages of every column, in the schema's order.
    pub(super) fn pages(&self, descriptors: &[Descriptor]) -> Vec<Pages> {
        let [
            benchmark,
            task,
            strategy,
            replicate,
            trial,
            arch,
            fidelity,
            start_s,
            end_s,
            valid,
            test,
            incumbent_valid,
            incumbent_test,
            evaluations,
            status,
            error,
        ] = descriptors
        else {
            unreachable!("the schema has these columns")
        };
        let [arch, valid, test] = self.results.pages(self.names, [arch, valid, test]);
        vec![
            self.benchmark.pages(benchmark),
            self.task.pages(task),
            self.strategy.pages(strategy),
            self.replicate.pages(replicate),
            self.trial.pages(trial),
            arch,
            self.fidelity.pages(fidelity),
            self.start_s.pages(start_s),
            self.end_s.pages(end_s),
            valid,
            test,
            self.incumbent_valid.pages(incumbent_valid),
            self.incumbent_test.pages(incumbent_test),
            self.evaluations.pages(evaluations),
            self.status.pages(status),
            self.error.pages(error),
        ]
    }
}
