//! Looks up names in the public suffix list (publicsuffix.org), which `build.rs` packs.
//!
//! The list itself is `public-suffixes.txt`. A test compares it with the crate `psl`, which is
//! published whenever the list changes. After an update of that crate, write the file again with
//! `UPDATE_SUFFIXES=1 cargo test -p domain-auth-names`.

use fst::raw::{Fst, Node};

/// All rules, each from its last byte to its first.
const RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/public-suffixes.fst"));

type Rules = Fst<&'static [u8]>;

/// The public suffix of a name in lower case, with A-labels or U-labels, without a trailing dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicSuffix<'a> {
    /// A name without a rule ends with its last label (rule `*`).
    pub(crate) text: &'a str,
    /// Whether there is a rule for the name.
    pub(crate) is_known: bool,
}

impl<'a> PublicSuffix<'a> {
    /// By <https://github.com/publicsuffix/list/wiki/Format#algorithm>. An exception comes before
    /// all other rules; of these, the one with the most labels counts.
    pub(crate) fn of(name: &'a str) -> Self {
        let last = name.rsplit('.').next().unwrap_or(name);
        let known = longest_rule(name);
        Self {
            text: known.unwrap_or(last),
            is_known: known.is_some(),
        }
    }
}

/// Whether this is a public suffix by a rule of the list, so that domains of the Internet end with it.
pub(crate) fn is_public_suffix(text: &str) -> bool {
    let suffix = PublicSuffix::of(text);
    suffix.is_known && suffix.text == text
}

/// The public suffix and one label more. `None` of a public suffix.
pub(crate) fn registrable(name: &str) -> Option<&str> {
    let suffix = PublicSuffix::of(name).text;
    let above = name.strip_suffix(suffix)?.strip_suffix('.')?;
    let label = above.rsplit('.').next().filter(|label| !label.is_empty())?;
    name.get(above.len() - label.len()..)
}

/// Goes through the rules and the name at once, label by label from the end.
fn longest_rule(name: &str) -> Option<&str> {
    let rules = Fst::new(RULES).ok()?;
    let mut node = rules.root();
    let mut longest = None;
    let mut above = None;
    for label in name.rsplit('.') {
        let here = above.map_or(0, |above: &str| above.len() + 1) + label.len();
        let here = name.get(name.len() - here..);
        if is_rule(&rules, node, b'*') {
            longest = here;
        }
        let Some(named) = follow(&rules, node, label.bytes().rev()) else {
            break;
        };
        if is_rule(&rules, named, b'!') {
            return above;
        }
        if named.is_final() {
            longest = here;
        }
        let Some(next) = follow(&rules, named, [b'.']) else {
            break;
        };
        node = next;
        above = here;
    }
    longest
}

/// Whether a rule ends with this byte after what the node stands for.
fn is_rule(rules: &Rules, node: Node<'_>, byte: u8) -> bool {
    follow(rules, node, [byte]).is_some_and(|node| node.is_final())
}

fn follow<'a>(
    rules: &'a Rules,
    mut node: Node<'a>,
    bytes: impl IntoIterator<Item = u8>,
) -> Option<Node<'a>> {
    for byte in bytes {
        node = rules.node(node.transition_addr(node.find_input(byte)?));
    }
    Some(node)
}

#[cfg(test)]
#[path = "public_suffix_tests.rs"]
mod tests;
