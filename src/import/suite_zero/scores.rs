//! The entries of NAS-Bench-Suite-Zero's files, read as they come: what is no proxy is skipped, and a proxy's name is kept
//! once for all entries.

use super::population::Population;
use crate::import::json::{self, Number, parse_with};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// The architectures of a list, with the scores of each.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Listing {
    /// What is scored, in the order of the first mention; perhaps also what is no proxy.
    pub(super) proxies: Vec<String>,
    pub(super) entries: Vec<Entry>,
}

/// An architecture's entry.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) arch: String,
    pub(super) accuracy: Option<f64>,
    /// Places in [`Listing::proxies`].
    pub(super) scores: Vec<(usize, Score)>,
}

/// What a proxy gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Score {
    score: Option<f64>,
    time: Option<f64>,
}

impl Score {
    /// A score whose time was not published.
    fn bare(score: f64) -> Self {
        Self {
            score: Some(score),
            time: None,
        }
    }

    /// The score, unless it stands for a missing one.
    pub(super) fn score(&self) -> Option<f64> {
        let is_missing = |s: f64| is_sentinel(s) || (s == 0.0 && self.time == Some(-1.0));
        self.score.filter(|s| s.is_finite() && !is_missing(*s))
    }

    /// How long it took.
    pub(super) fn time_s(&self) -> Option<f64> {
        self.time.filter(|t| t.is_finite() && *t >= 0.0)
    }
}

/// Whether a score says that there is none. Real ones may be larger: Fisher's reach 5e9.
pub(in crate::import) fn is_sentinel(score: f64) -> bool {
    score.abs() == 1e8
}

impl Listing {
    /// `[{arch, proxy: {score, time}, val_accuracy}]`.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub(super) fn of_list(bytes: Cow<'_, [u8]>) -> Result<Self, String> {
        let listing = parse_with(bytes, ListSeed)?;
        match listing.entries.iter().any(|entry| entry.arch.is_empty()) {
            true => Err("an entry without `arch`".into()),
            false => Ok(listing),
        }
    }

    /// `{data set: {architecture: {proxy: {score, time}, val_accuracy}}}`, perhaps under the name of a search space, which
    /// is returned beside the data set.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub(super) fn of_object(
        bytes: Cow<'_, [u8]>,
    ) -> Result<Vec<(Option<String>, String, Self)>, String> {
        parse_with(bytes, ObjectSeed)
    }

    /// Whether any entry has a score or an accuracy.
    pub(super) fn has_values(&self) -> bool {
        let has_values = |entry: &Entry| entry.accuracy.is_some() || !entry.scores.is_empty();
        self.entries.iter().any(has_values)
    }

    /// The place of a proxy. Entries name theirs in the same order, so it is mostly the one after `last`.
    fn proxy(&mut self, name: &str, last: Option<usize>) -> usize {
        let next = last.map_or(0, |last| last + 1);
        if self.proxies.get(next).is_some_and(|known| known == name) {
            return next;
        }
        let known = self.proxies.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.proxies.push(name.to_owned());
            self.proxies.len() - 1
        })
    }
}

#[derive(Clone, Copy)]
struct ListSeed;
#[derive(Clone, Copy)]
struct ObjectSeed;
/// Reads the data sets under the name of a search space.
struct SpaceSeed(String);
/// Reads an object of architectures into a listing.
struct ArchsSeed;
/// Reads an entry, adding to the listing's proxies.
struct EntrySeed<'l>(&'l mut Listing);
/// Reads an entry's key.
struct KeySeed<'l>(&'l mut Listing, Option<usize>);

enum EntryKey {
    Arch,
    Accuracy,
    /// What numbers the entry and is no proxy.
    Index,
    Proxy(usize),
}

/// Implements a seed by its visitor.
macro_rules! seed {
    ($seed:ty, $value:ty, $how:ident) => {
        impl<'de> DeserializeSeed<'de> for $seed {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<$value, D::Error> {
                from.$how(self)
            }
        }
    };
}

seed!(ListSeed, Listing, deserialize_seq);
seed!(
    ObjectSeed,
    Vec<(Option<String>, String, Listing)>,
    deserialize_map
);
seed!(
    SpaceSeed,
    Vec<(Option<String>, String, Listing)>,
    deserialize_map
);
seed!(ArchsSeed, Listing, deserialize_map);
seed!(EntrySeed<'_>, Entry, deserialize_map);
seed!(KeySeed<'_>, EntryKey, deserialize_str);

impl<'de> Visitor<'de> for ListSeed {
    type Value = Listing;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of architectures")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Listing, A::Error> {
        let mut listing = Listing::default();
        while let Some(entry) = seq.next_element_seed(EntrySeed(&mut listing))? {
            listing.entries.push(entry);
        }
        Ok(listing)
    }
}

impl<'de> Visitor<'de> for ObjectSeed {
    type Value = Vec<(Option<String>, String, Listing)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of data sets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut data_sets = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            match Population::named(&name) {
                Some(_) => data_sets.extend(map.next_value_seed(SpaceSeed(name))?),
                None => data_sets.push((None, name, map.next_value_seed(ArchsSeed)?)),
            }
        }
        Ok(data_sets)
    }
}

impl<'de> Visitor<'de> for SpaceSeed {
    type Value = Vec<(Option<String>, String, Listing)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of data sets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut data_sets = Vec::new();
        while let Some(name) = map.next_key()? {
            let space = Some(self.0.clone());
            data_sets.push((space, name, map.next_value_seed(ArchsSeed)?));
        }
        Ok(data_sets)
    }
}

impl<'de> Visitor<'de> for ArchsSeed {
    type Value = Listing;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of architectures")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listing, A::Error> {
        let mut listing = Listing::default();
        while let Some(arch) = map.next_key::<String>()? {
            let entry = map.next_value_seed(EntrySeed(&mut listing))?;
            listing.entries.push(Entry { arch, ..entry });
        }
        Ok(listing)
    }
}

impl<'de> Visitor<'de> for EntrySeed<'_> {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an architecture's proxies and accuracy")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut entry = Entry {
            scores: Vec::with_capacity(self.0.proxies.len()),
            ..Entry::default()
        };
        let mut last = None;
        while let Some(key) = map.next_key_seed(KeySeed(self.0, last))? {
            match key {
                EntryKey::Arch => {
                    entry.arch = map.next_value::<Option<String>>()?.unwrap_or_default();
                }
                EntryKey::Accuracy => entry.accuracy = map.next_value()?,
                EntryKey::Index => drop(map.next_value::<IgnoredAny>()?),
                EntryKey::Proxy(proxy) => {
                    last = Some(proxy);
                    let score = match map.next_value::<json::Object<Score>>()? {
                        json::Object::Is(score) => Some(score),
                        json::Object::Number(score) => Some(Score::bare(score)),
                        json::Object::IsNot => None,
                    };
                    entry.scores.extend(score.map(|score| (proxy, score)));
                }
            }
        }
        Ok(entry)
    }
}

impl<'de> Visitor<'de> for KeySeed<'_> {
    type Value = EntryKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<EntryKey, E> {
        Ok(match key {
            "arch" => EntryKey::Arch,
            "val_accuracy" => EntryKey::Accuracy,
            "id" | "idx" => EntryKey::Index,
            proxy => EntryKey::Proxy(self.0.proxy(proxy, self.1)),
        })
    }
}

impl json::FromObject for Score {
    fn from_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let (mut score, mut time) = (None, None);
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match &*key.0 {
                "score" => score = map.next_value::<Number>()?.0,
                "time" => time = map.next_value::<Number>()?.0,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Self { score, time })
    }
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'k>(#[serde(borrow)] Cow<'k, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_objects_read_alike_and_skip_what_is_no_proxy() {
        let list = br#"[{"idx": "0", "arch": "a", "flag": true, "none": null, "s": {"score": 1.5, "time": 2},
            "more": [1, {"x": 2}], "val_accuracy": 90}, {"arch": "b", "s": {"score": NaN, "time": -1, "x": 3}}]"#;
        let listing = Listing::of_list(Cow::Borrowed(list)).expect("a list");
        let scores: Vec<_> = (listing.entries.iter())
            .map(|e| (e.arch.as_str(), e.accuracy, e.scores.len()))
            .collect();
        assert_eq!(scores, [("a", Some(90.0), 1), ("b", None, 1)]);
        let (proxy, score) = listing.entries[0].scores[0];
        assert_eq!(listing.proxies[proxy], "s");
        assert_eq!((score.score(), score.time_s()), (Some(1.5), Some(2.0)));
        let (_, missing) = listing.entries[1].scores[0];
        assert_eq!((missing.score(), missing.time_s()), (None, None));
        // The first release has bare numbers.
        let bare = br#"{"nasbench101": {"c10": {"a": {"id": 3, "s": 2.5, "none": null, "t": -1e8, "val_accuracy": 1}}}}"#;
        let data_sets = Listing::of_object(Cow::Borrowed(bare)).expect("an object");
        let entry = &data_sets[0].2.entries[0];
        let scores: Vec<_> = entry.scores.iter().map(|(_, s)| s.score()).collect();
        assert_eq!(scores, [Some(2.5), None]);
        assert_eq!(
            (entry.accuracy, entry.scores[0].1.time_s()),
            (Some(1.0), None)
        );
        let object = br#"{"c10": {"a": {"s": {"score": 0, "time": -1.0}, "val_accuracy": 1}, "b": {"s": {"score": 0}}}}"#;
        let data_sets = Listing::of_object(Cow::Borrowed(object)).expect("an object");
        let scores: Vec<_> = (data_sets[0].2.entries.iter())
            .map(|e| (e.arch.as_str(), e.scores[0].1.score()))
            .collect();
        assert_eq!(scores, [("a", None), ("b", Some(0.0))]);
        Listing::of_list(Cow::Borrowed(br#"[{"s": {"score": 1}}]"#)).expect_err("no architecture");
    }
}
