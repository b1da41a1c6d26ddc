//! Faults that a test sets: what a name server does on its bad days.

use std::time::Duration;

use hickory_proto::rr::Name;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SERVFAIL.
    ServFail,
    /// REFUSED.
    Refused,
    /// No answer at all, on UDP or TCP.
    Drop,
    /// Every answer on UDP is empty with the TC bit; a TCP connection is reset.
    TruncateAndRefuseTcp,
    /// The server answers as one that does not have the zone: no AA bit, no data, a referral upwards
    /// to the root. (A lame server that says REFUSED is [`Fault::Refused`].)
    Lame,
    /// The right data without the AA bit, as from a cache.
    NotAuthoritative,
    /// An answer after this time. Other questions do not wait for it. Adds to any other fault.
    Delay(Duration),
}

/// A fault and the names that it strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    suffix: Option<String>,
    fault: Fault,
}

impl FaultRule {
    /// Strikes every question.
    pub fn everywhere(fault: Fault) -> Self {
        Self {
            suffix: None,
            fault,
        }
    }

    /// Strikes questions about a name and what is below it. `name` is a domain name, with or without
    /// its last dot, in any case.
    pub fn under(name: &str, fault: Fault) -> Self {
        Self {
            suffix: Some(name.trim_end_matches('.').to_ascii_lowercase()),
            fault,
        }
    }

    fn strikes(&self, name: &str) -> bool {
        self.suffix.as_deref().is_none_or(|suffix| {
            name.strip_suffix(suffix)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.') || suffix.is_empty())
        })
    }
}

/// What the rules come to for one question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The sum of all delays.
    pub(crate) delay: Duration,
    /// The first fault that is not a delay.
    pub(crate) fault: Option<Fault>,
}

/// Applies the rules to a name.
pub(crate) fn verdict(rules: &[FaultRule], name: &Name) -> Verdict {
    if rules.is_empty() {
        return Verdict::default();
    }
    let name = name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    let mut verdict = Verdict::default();
    for rule in rules.iter().filter(|rule| rule.strikes(&name)) {
        match rule.fault {
            Fault::Delay(delay) => verdict.delay += delay,
            fault => {
                verdict.fault.get_or_insert(fault);
            }
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(rules: &[FaultRule], name: &str) -> Option<Fault> {
        verdict(rules, &Name::from_ascii(name).unwrap()).fault
    }

    #[test]
    fn a_suffix_counts_in_whole_labels() {
        let rules = [FaultRule::under("Example.com.", Fault::ServFail)];
        assert_eq!(fault(&rules, "example.COM."), Some(Fault::ServFail));
        assert_eq!(fault(&rules, "a.b.example.com."), Some(Fault::ServFail));
        assert_eq!(fault(&rules, "notexample.com."), None);
    }

    #[test]
    fn delays_add_up_and_the_first_other_fault_counts() {
        let rules = [
            FaultRule::everywhere(Fault::Delay(Duration::from_millis(20))),
            FaultRule::under("com", Fault::Delay(Duration::from_millis(10))),
            FaultRule::under("example.com", Fault::Lame),
            FaultRule::everywhere(Fault::Drop),
        ];
        let verdict = verdict(&rules, &Name::from_ascii("example.com.").unwrap());
        assert_eq!(verdict.delay, Duration::from_millis(30));
        assert_eq!(verdict.fault, Some(Fault::Lame));
    }
}
