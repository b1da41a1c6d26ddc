//! The communities of a domain in a form for people.

use crate::Community;

/// The maximum number of communities of a domain.
pub const MAX_COMMUNITIES: usize = 50;
/// How many are written out; further ones are counted.
const WRITTEN_OUT: usize = 3;

/// The names of communities in one line, each made plain text by `shown`; `None` if there are none.
/// If there are more than four, the first three are written out and the others are counted.
pub fn listed<'a>(
    communities: impl Iterator<Item = &'a Community>,
    shown: impl Fn(&str) -> String,
) -> Option<String> {
    let mut names: Vec<String> = communities.map(|name| shown(name.as_str())).collect();
    if names.len() > WRITTEN_OUT + 1 {
        let others = names.len() - WRITTEN_OUT;
        names.truncate(WRITTEN_OUT);
        return Some(format!("{} and {others} more", names.join(", ")));
    }
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_communities_ends_with_the_number_of_others() {
        let of = |count: usize| {
            let names = (1..=count).map(|n| Community::parse(&format!("C{n}")).unwrap());
            let names: Vec<Community> = names.collect();
            listed(names.iter(), str::to_owned)
        };
        assert_eq!(of(0), None);
        assert_eq!(of(1).unwrap(), "C1");
        assert_eq!(of(4).unwrap(), "C1, C2, C3, C4");
        assert_eq!(of(50).unwrap(), "C1, C2, C3 and 47 more");
    }
}
