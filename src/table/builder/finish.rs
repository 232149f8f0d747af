//! From a task under construction to the finished one.

use super::TaskBuilder;
use crate::error::Error;
use crate::space::{Pool, SearchSpace};
use crate::table::draft::Order;
use crate::table::names::Names;
use crate::table::rows::Rows;
use crate::table::task::{Schedule, Series, Task};
use std::sync::Arc;

impl TaskBuilder {
    /// The finished task, its rows in order of their raw index (a pool's in order of their names).
    ///
    /// # Errors
    /// The first thing that could not be.
    pub fn finish(self) -> Result<Task, Error> {
        let place = format!("task {}", self.name);
        if let Some(problem) = &self.problem {
            return Err(Error::new(place, problem));
        }
        self.build().map_err(|problem| Error::new(place, problem))
    }

    fn build(self) -> Result<Task, String> {
        let (archs, order, pool) = self.rows.into_order();
        let (space, names): (Arc<dyn SearchSpace>, _) = match (self.space, pool) {
            (Some(space), _) => (space, published(self.names, &order)?),
            (None, names) => {
                let names = names.unwrap_or_default();
                let pool = Pool::new(names.clone()).map_err(|e| e.to_string())?;
                (pool, Some(names))
            }
        };
        let rows = Rows::new(space.as_ref(), archs)?;
        let order = Order::new(order);
        let mut schedules: Vec<Schedule> = self
            .schedules
            .into_iter()
            .map(|(name, seeds)| Schedule {
                name,
                seeds,
                series: Vec::new(),
            })
            .collect();
        for s in self.series {
            let schedule = &mut schedules[s.schedule];
            schedule.series.push(Series {
                meaning: s.meaning,
                epochs: s.epochs,
                seeds: schedule.seeds.len(),
                values: s.draft.finish(&order),
            });
        }
        // What has no value was not published.
        let attributes = self.attributes.into_iter().filter(|a| a.draft.has_any());
        let attributes = attributes.map(|a| a.finish(&order)).collect();
        Ok(Task {
            name: self.name,
            metric: self.metric,
            space,
            rows,
            names: names.map(Names::owned),
            schedules,
            attributes,
        })
    }
}

/// The published names in order of rows: all or none.
fn published(
    mut names: Vec<Option<String>>,
    order: &[usize],
) -> Result<Option<Vec<String>>, String> {
    if names.is_empty() {
        return Ok(None);
    }
    names.resize(order.len(), None);
    let ordered: Option<Vec<String>> = order.iter().map(|&row| names[row].take()).collect();
    ordered
        .map(Some)
        .ok_or_else(|| "some architectures have a published name and others none".into())
}
