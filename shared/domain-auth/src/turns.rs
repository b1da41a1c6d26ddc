//! Fair turns: if many owners wait, the owner whose last turn is longest ago goes first.
//!
//! The poller and the store order domains in this way, so that a client with 10,000 domains delays
//! another client's single domain by only one turn.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

/// A queue of items of several owners. The items of one owner leave in the order in which they
/// came. An owner without a turn so far goes first, then the owner whose last turn is longest ago.
///
/// ```
/// use domain_auth::turns::Turns;
///
/// let mut turns = Turns::default();
/// for number in 1..=240 {
///     turns.push("maple", number);
/// }
/// assert_eq!(turns.next(), Some(1));
/// turns.push("cedar", 1_000);
/// assert_eq!([turns.next(), turns.next()], [Some(1_000), Some(2)]);
/// ```
#[derive(Debug, Clone)]
pub struct Turns<K, T> {
    waiting: HashMap<K, VecDeque<T>>,
    /// Waiting owners: their last turn (0 for none), the order in which they came, and their key.
    order: BTreeSet<(u64, u64, K)>,
    /// The last turn of each owner that had one, whether it is waiting or not.
    last: HashMap<K, u64>,
    /// Counts turns and arrivals.
    count: u64,
    length: usize,
}

impl<K, T> Default for Turns<K, T> {
    fn default() -> Self {
        Self {
            waiting: HashMap::new(),
            order: BTreeSet::new(),
            last: HashMap::new(),
            count: 0,
            length: 0,
        }
    }
}

impl<K: Clone + Eq + Hash + Ord, T> Turns<K, T> {
    /// Adds an item after its owner's other items.
    pub fn push(&mut self, owner: K, item: T) {
        self.queue_of(owner).push_back(item);
    }

    /// Adds an item before its owner's other items, because it had a turn and needs another one.
    pub fn push_front(&mut self, owner: K, item: T) {
        self.queue_of(owner).push_front(item);
    }

    /// Removes the next item.
    #[expect(
        clippy::should_implement_trait,
        reason = "more can be pushed after the last"
    )]
    pub fn next(&mut self) -> Option<T> {
        let (_, _, owner) = self.order.pop_first()?;
        let queue = self.waiting.get_mut(&owner)?;
        let item = queue.pop_front();
        let more = !queue.is_empty();
        self.count += 1;
        self.last.insert(owner.clone(), self.count);
        if more {
            self.order.insert((self.count, self.count, owner));
        } else {
            self.waiting.remove(&owner);
        }
        self.length -= usize::from(item.is_some());
        item
    }

    /// How many items wait.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether no item waits.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn queue_of(&mut self, owner: K) -> &mut VecDeque<T> {
        self.length += 1;
        if !self.waiting.contains_key(&owner) {
            self.count += 1;
            let last = self.last.get(&owner).copied().unwrap_or_default();
            self.order.insert((last, self.count, owner.clone()));
        }
        self.waiting.entry(owner).or_default()
    }
}

/// The items in the order of turns, at most `limit` of them. Items of one owner keep their order, and
/// owners begin in the order of their first items.
pub fn in_turns<K: Clone + Eq + Hash + Ord, T>(
    items: impl IntoIterator<Item = T>,
    limit: usize,
    owner: impl Fn(&T) -> K,
) -> Vec<T> {
    let mut turns = Turns::default();
    for item in items {
        turns.push(owner(&item), item);
    }
    let mut taken = Vec::with_capacity(turns.len().min(limit));
    while taken.len() < limit
        && let Some(item) = turns.next()
    {
        taken.push(item);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(items: &[&'static str], limit: usize) -> Vec<&'static str> {
        in_turns(items.iter().copied(), limit, |item| item.chars().next())
    }

    #[test]
    fn owners_take_turns_and_each_keeps_its_order() {
        let items = ["a1", "a2", "a3", "b1", "a4", "c1", "c2"];
        let expected = ["a1", "b1", "c1", "a2", "c2", "a3", "a4"];
        assert_eq!(order(&items, 100), expected);
        assert_eq!(order(&items, 4), expected[..4]);
        assert_eq!(order(&items, 0), Vec::<&str>::new());
    }

    #[test]
    fn an_owner_that_returns_gets_no_extra_turn() {
        let mut turns = Turns::default();
        for n in 0..5 {
            turns.push("hoards", n);
        }
        let mut of_one_by_one = 0;
        for _ in 0..4 {
            turns.push("one by one", 100);
            of_one_by_one += usize::from(turns.next() == Some(100));
            of_one_by_one += usize::from(turns.next() == Some(100));
        }
        assert_eq!(of_one_by_one, 4, "every second turn, and no more");
        assert_eq!(turns.len(), 1);
    }

    #[test]
    fn an_item_pushed_to_the_front_is_its_owners_next() {
        let mut turns = Turns::default();
        turns.push("a", 2);
        turns.push("b", 3);
        turns.push_front("a", 1);
        let taken: Vec<i32> = std::iter::from_fn(|| turns.next()).collect();
        assert_eq!(taken, [1, 3, 2]);
        assert!(turns.is_empty());
    }
}
