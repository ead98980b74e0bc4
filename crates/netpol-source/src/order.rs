//! Sorting, for code that is downloaded before it runs.
//!
//! The sorts of the standard library are fast because each type that is sorted gets a copy of its own, of four to
//! eight kilobytes; so does each type that is collected into a `BTreeMap` or a `BTreeSet`. Nothing here is long
//! enough to gain by that, and all copies together would be a sixth of the download. So there is one sort, of
//! numbers, which every caller lends its comparison.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Sorts; equal items keep their order.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Sorts by what `key` makes of an item; equal items keep their order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// The same, for keys that cost something: each is made once.
pub fn sort_by_cached_key<T, K: Ord>(items: &mut [T], key: impl FnMut(&T) -> K) {
    let keys: Vec<K> = items.iter().map(key).collect();
    let mut by_place = |a: usize, b: usize| keys.get(a).cmp(&keys.get(b));
    for (a, b) in swaps(items.len(), &mut by_place) {
        items.swap(a, b);
    }
}

/// Sorts by `compare`; equal items keep their order.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut by_place = |a: usize, b: usize| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    };
    for (a, b) in swaps(items.len(), &mut by_place) {
        items.swap(a, b);
    }
}

/// Sorts and leaves out what is there already.
pub fn sort_and_dedup<T: Ord>(items: &mut Vec<T>) {
    sort(items);
    items.dedup();
}

/// The set of these items, without the sort that `collect` brings with it.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    items.into_iter().for_each(|item| {
        set.insert(item);
    });
    set
}

/// The map of these entries, without the sort that `collect` brings with it; the last of a key counts.
pub fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    entries.into_iter().for_each(|(key, value)| {
        map.insert(key, value);
    });
    map
}

/// What to swap with what, in turn, so that `count` items come into their order.
fn swaps(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| compare(*a, *b));
    let mut swaps = Vec::new();
    for start in 0..count {
        let mut at = start;
        while let Some(slot) = order.get_mut(at) {
            let from = std::mem::replace(slot, at);
            if from == start {
                break;
            }
            swaps.push((at, from));
            at = from;
        }
    }
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern, many of them equal.
    fn shuffled(count: u64) -> Vec<(u64, u64)> {
        (0..count).map(|at| (at.wrapping_mul(6_364_136_223_846_793_005) >> 32) % 37).zip(0..).collect()
    }

    #[test]
    fn orders_as_the_standard_library_does() {
        for count in 0..200 {
            let (mut ours, mut theirs) = (shuffled(count), shuffled(count));
            sort_by_key(&mut ours, |(number, _)| *number);
            theirs.sort_by_key(|(number, _)| *number);
            assert_eq!(ours, theirs);
            sort_by(&mut ours, |a, b| b.cmp(a));
            theirs.sort_by(|a, b| b.cmp(a));
            assert_eq!(ours, theirs);
            sort(&mut ours);
            theirs.sort();
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn each_once() {
        let mut numbers: Vec<u64> = shuffled(100).into_iter().map(|(number, _)| number).collect();
        let distinct = set(numbers.iter().copied());
        sort_and_dedup(&mut numbers);
        assert_eq!(numbers, distinct.into_iter().collect::<Vec<_>>());
        assert_eq!(numbers.len(), 37);
    }

    #[test]
    fn the_last_of_a_key_counts() {
        assert_eq!(map([("b", 1), ("a", 2), ("b", 3)]), BTreeMap::from([("a", 2), ("b", 3)]));
    }
}
