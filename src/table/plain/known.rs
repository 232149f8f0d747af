//! Architectures as the rows of a plain table write them: each distinct text is numbered, so that it is parsed once
//! and not once for each task and file.

use crate::error::Error;
use crate::space::{Architecture, POOL};
use crate::table::TaskBuilder;
use crate::table::builder::RowId;
use crate::table::card::TaskCard;
use std::collections::BTreeMap;

/// The architectures read so far, those of tasks on one space together.
pub(super) struct Known<'f> {
    texts: Texts<'f>,
    /// The space of each task, as a position in `parsed`.
    space_of: Vec<usize>,
    /// By space and text.
    parsed: Vec<Vec<Option<Architecture>>>,
}

impl<'f> Known<'f> {
    pub(super) fn new(cards: &[TaskCard]) -> Self {
        let mut spaces: Vec<&str> = Vec::new();
        for card in cards {
            if !spaces.contains(&card.space.as_str()) {
                spaces.push(&card.space);
            }
        }
        let position = |card: &TaskCard| spaces.iter().position(|s| *s == card.space);
        Self {
            texts: Texts::default(),
            space_of: cards.iter().filter_map(position).collect(),
            parsed: vec![Vec::new(); spaces.len()],
        }
    }

    /// The row of a task that a text stands for; `rows` has those found before, by the text's number.
    pub(super) fn row(
        &mut self,
        task: usize,
        rows: &mut Vec<Option<RowId>>,
        builder: &mut TaskBuilder,
        text: &'f str,
    ) -> Result<RowId, Error> {
        let number = self.texts.number(text);
        if let Some(row) = *place(rows, number) {
            return Ok(row);
        }
        let row = if builder.space_name() == POOL {
            builder.named_row(text)
        } else {
            let parsed = place(&mut self.parsed[self.space_of[task]], number);
            let arch = match *parsed {
                Some(arch) => arch,
                None => *parsed.insert(builder.parse(text)?),
            };
            builder.row(&arch)
        };
        rows[number] = Some(row);
        Ok(row)
    }
}

fn place<T: Copy>(all: &mut Vec<Option<T>>, at: usize) -> &mut Option<T> {
    if all.len() <= at {
        all.resize(at + 1, None);
    }
    &mut all[at]
}

/// The distinct texts, in order of first mention.
#[derive(Default)]
struct Texts<'f> {
    texts: Vec<&'f str>,
    numbers: BTreeMap<&'f str, usize>,
    /// The number of the text that is likely next: tasks mostly list their architectures in the same order.
    next: usize,
}

impl<'f> Texts<'f> {
    /// The number of a text, new at its first mention.
    fn number(&mut self, text: &'f str) -> usize {
        let before = self.next.saturating_sub(1);
        let guesses = [before, self.next, 0];
        let guessed = guesses
            .into_iter()
            .find(|&at| self.texts.get(at) == Some(&text));
        let number = guessed.unwrap_or_else(|| {
            let fresh = self.texts.len();
            let number = *self.numbers.entry(text).or_insert(fresh);
            if number == fresh {
                self.texts.push(text);
            }
            number
        });
        self.next = number + 1;
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_have_the_same_number_exactly_when_they_are_the_same(
            picks in prop::collection::vec(0_usize..6, 0..60),
        ) {
            let words = ["a", "b", "ab", "", "ba", "c"];
            let mut texts = Texts::default();
            let numbers: Vec<usize> = picks.iter().map(|&at| texts.number(words[at])).collect();
            let mut first_mentions: Vec<usize> = Vec::new();
            for (&word, &number) in picks.iter().zip(&numbers) {
                let at = first_mentions.iter().position(|&w| w == word).unwrap_or_else(|| {
                    first_mentions.push(word);
                    first_mentions.len() - 1
                });
                prop_assert_eq!(number, at);
            }
        }
    }
}
