//! Circles in a graph of files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

use crate::{Circle, Imports};

/// The shortest circle in each group of files that are connected by circles; in the order of the
/// first file.
pub(crate) fn shortest_circles(imports: &Imports) -> Vec<Circle> {
    let mut next: BTreeMap<&PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    for (from, to) in imports.keys() {
        next.entry(from).or_default().push(to);
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for start in next.keys().copied() {
        if seen.contains(start) {
            continue;
        }
        let knot = knot(start, &next);
        seen.extend(knot.iter().copied());
        let circles = knot.iter().filter_map(|file| circle(file, &next));
        if let Some(shortest) = circles.min_by_key(Vec::len) {
            found.push(named(&shortest, imports));
        }
    }
    found
}

/// The files that `start` reaches and that reach it.
fn knot<'a>(
    start: &'a PathBuf,
    next: &BTreeMap<&'a PathBuf, Vec<&'a PathBuf>>,
) -> BTreeSet<&'a PathBuf> {
    let below = reached(start, next);
    let back = below
        .into_iter()
        .filter(|file| reached(file, next).contains(start));
    back.collect()
}

fn reached<'a>(
    start: &'a PathBuf,
    next: &BTreeMap<&'a PathBuf, Vec<&'a PathBuf>>,
) -> BTreeSet<&'a PathBuf> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(file) = open.pop() {
        for other in next.get(file).into_iter().flatten() {
            if reached.insert(*other) {
                open.push(other);
            }
        }
    }
    reached
}

/// The shortest path from `start` back to it.
fn circle<'a>(
    start: &'a PathBuf,
    next: &BTreeMap<&'a PathBuf, Vec<&'a PathBuf>>,
) -> Option<Vec<&'a PathBuf>> {
    let mut from: BTreeMap<&PathBuf, &PathBuf> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(file) = open.pop_front() {
        for other in next.get(file).into_iter().flatten() {
            if *other == start {
                let before = std::iter::successors(Some(file), |file| from.get(file).copied());
                let mut way: Vec<_> = before.collect();
                way.reverse();
                return Some(way);
            }
            if !from.contains_key(other) {
                from.insert(other, file);
                open.push_back(other);
            }
        }
    }
    None
}

fn named(files: &[&PathBuf], imports: &Imports) -> Circle {
    let next = files.iter().cycle().skip(1);
    let named = files.iter().zip(next).map(|(file, other)| {
        let edge = ((*file).clone(), (*other).clone());
        let names = imports.get(&edge).cloned().unwrap_or_default();
        ((*file).clone(), names)
    });
    Circle {
        files: named.collect(),
    }
}
