//! The rows a network is trained on, in a form that makes the first layer cheap.
//!
//! Encodings of architectures are mostly zeros: one column of each decision, a few of hundreds of paths. Columns that are 0 in
//! every row are left out, as their weights take no part in training. Of rows of zeros and ones only the ones are
//! kept, so that a row's product with the weights is a sum of some of these. Both leave every bit as it was.

/// Rows without the columns that are 0 in all of them.
pub(super) struct TrainingRows {
    /// The columns kept, ascending.
    kept: Vec<usize>,
    form: Form,
}

enum Form {
    /// Row-major.
    Dense(Vec<f32>),
    /// The columns that are 1, among those kept, of row after row; each row ends where the next begins.
    Ones { starts: Vec<usize>, ones: Vec<u32> },
}

/// Some of the rows.
pub(super) enum Batch<'a> {
    /// Row-major.
    Dense(&'a [f32]),
    /// The columns that are 1 in each row.
    Ones(Vec<&'a [u32]>),
}

impl TrainingRows {
    /// Of row-major rows of this many columns.
    pub(super) fn new(rows: &[f32], columns: usize) -> Self {
        let is_used = |column: &usize| {
            rows.iter()
                .skip(*column)
                .step_by(columns)
                .any(|v| *v != 0.0)
        };
        let kept: Vec<usize> = (0..columns).filter(is_used).collect();
        let compact = |row: &[f32]| kept.iter().map(|&at| row[at]).collect::<Vec<f32>>();
        let is_binary = columns > 0 && rows.iter().all(|v| *v == 0.0 || *v == 1.0);
        let form = match is_binary {
            false => Form::Dense(
                rows.chunks_exact(columns.max(1))
                    .flat_map(compact)
                    .collect(),
            ),
            true => {
                let (mut starts, mut ones) = (vec![0], Vec::new());
                for row in rows.chunks_exact(columns.max(1)) {
                    let set = compact(row).into_iter().enumerate();
                    ones.extend(set.filter(|(_, v)| *v != 0.0).map(|(at, _)| at as u32));
                    starts.push(ones.len());
                }
                Form::Ones { starts, ones }
            }
        };
        Self { kept, form }
    }

    /// The columns kept, ascending.
    pub(super) fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// The rows at these positions; `room` is filled where they have to be copied.
    pub(super) fn batch<'a>(&'a self, chosen: &[usize], room: &'a mut Vec<f32>) -> Batch<'a> {
        match &self.form {
            Form::Ones { starts, ones } => {
                let of = |&at: &usize| &ones[starts[at]..starts[at + 1]];
                Batch::Ones(chosen.iter().map(of).collect())
            }
            Form::Dense(rows) => {
                let columns = self.kept.len();
                room.clear();
                for &at in chosen {
                    room.extend_from_slice(&rows[at * columns..][..columns]);
                }
                Batch::Dense(room)
            }
        }
    }
}

#[cfg(test)]
impl TrainingRows {
    /// All columns, row-major: the plain form that the others must agree with.
    pub(super) fn plain(rows: &[f32], columns: usize) -> Self {
        Self {
            kept: (0..columns).collect(),
            form: Form::Dense(rows.to_vec()),
        }
    }
}
