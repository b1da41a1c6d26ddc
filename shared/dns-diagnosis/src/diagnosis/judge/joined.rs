//! A DMARC record and another record in one text: two strings of one record, or one value added to another.

/// How the records of mail begin that people publish as TXT records, in small letters.
const VERSIONS: [&str; 6] = [
    DMARC,
    "v=spf1",
    "v=dkim1",
    "v=stsv1",
    "v=tlsrptv1",
    "v=bimi1",
];
const DMARC: &str = "v=dmarc1";
/// The policies that another value may follow.
const POLICIES: [&str; 3] = ["none", "quarantine", "reject"];

/// A text that is a DMARC record and another record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Joined<'t> {
    /// The DMARC record.
    pub(crate) policy: &'t str,
    /// The rest.
    pub(crate) others: Vec<&'t str>,
}

impl<'t> Joined<'t> {
    /// Parts a text; none if it has no DMARC record, or nothing else with a version of its own.
    pub(crate) fn of(text: &'t str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let begins = VERSIONS
            .iter()
            .flat_map(|version| lower.match_indices(version));
        let begins = begins.map(|(at, _)| at).chain(proofs_in(&lower));
        let mut begins: Vec<usize> = begins.collect();
        begins.sort_unstable();
        let ends = begins.iter().skip(1).copied().chain([text.len()]);
        let pieces = begins.iter().zip(ends);
        let pieces = pieces.filter_map(|(from, to)| text.get(*from..to));
        let (policies, mut others): (Vec<&str>, Vec<&str>) = pieces
            .map(|piece| piece.trim_matches(is_between))
            .partition(|piece| piece.to_ascii_lowercase().starts_with(DMARC));
        let (&policy, false) = (policies.first()?, others.is_empty()) else {
            return None;
        };
        let front = text.get(..*begins.first()?).unwrap_or_default();
        let front = front.trim_matches(is_between);
        others.extend(Some(front).filter(|front| !front.is_empty()));
        Some(Self { policy, others })
    }
}

/// Where the proofs of ownership begin that other services ask for, such as `google-site-verification=…`, if they
/// follow a policy without a semicolon. Behind one, they are a part that mail servers ignore. `lower` is in small
/// letters.
fn proofs_in(lower: &str) -> Vec<usize> {
    let ends = ["verification=", "verification:", "verify="].iter();
    let ends = ends.flat_map(|end| lower.match_indices(end));
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let named = ends.filter_map(|(end, _)| {
        let front = lower.get(..end)?;
        let from = front.trim_end_matches(is_of_name).len();
        let word = lower.get(from..end)?;
        let policy = POLICIES.iter().find(|policy| word.starts_with(*policy));
        let is_behind_policy = lower.get(..from)?.trim_end().ends_with('=');
        policy
            .filter(|policy| is_behind_policy && word.len() > policy.len())
            .map(|policy| from + policy.len())
    });
    let numbered = POLICIES.iter().flat_map(|policy| {
        let joined = format!("={policy}ms=ms");
        let found: Vec<usize> = lower.match_indices(&joined).map(|(at, _)| at).collect();
        found.into_iter().map(|at| at + 1 + policy.len())
    });
    named.chain(numbered).collect()
}

/// What may be between two values.
fn is_between(character: char) -> bool {
    character.is_whitespace() || ";,\"'".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_joined_in_one_text_are_separated() {
        for (text, policy, others) in [
            (
                "v=DMARC1; p=quarantine;v=spf1 ~all",
                "v=DMARC1; p=quarantine",
                vec!["v=spf1 ~all"],
            ),
            (
                "v=DMARC1; p=nonev=spf1 ~all",
                "v=DMARC1; p=none",
                vec!["v=spf1 ~all"],
            ),
            (
                "v=spf1 include:a.example ~all, v=DMARC1; p=none",
                "v=DMARC1; p=none",
                vec!["v=spf1 include:a.example ~all"],
            ),
            (
                "v=DMARC1; p=nonegoogle-site-verification=abc",
                "v=DMARC1; p=none",
                vec!["google-site-verification=abc"],
            ),
            (
                "v=DMARC1; p=rejectMS=ms12345",
                "v=DMARC1; p=reject",
                vec!["MS=ms12345"],
            ),
            (
                "ab v=TLSRPTv1; rua=mailto:a@b.example;v=DMARC1; p=none;",
                "v=DMARC1; p=none",
                vec!["v=TLSRPTv1; rua=mailto:a@b.example", "ab"],
            ),
        ] {
            assert_eq!(Joined::of(text), Some(Joined { policy, others }), "{text}");
        }
        for text in [
            "",
            "v=spf1 ~all",
            "v=DMARC1; p=none",
            "v=DMARC1; p=none; v=DMARC1; p=reject",
            "v=spf1 -all v=spf1 ~all",
            "v=DMARC1; p=none; google-site-verification=abc",
            "v=DMARC1; p=noneverification=",
        ] {
            assert_eq!(Joined::of(text), None, "{text}");
        }
    }
}
