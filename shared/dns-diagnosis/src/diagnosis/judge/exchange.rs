//! What is wrong with the host of an MX record for bounces.

use super::likeness::decode;
use crate::diagnosis::DiagnosisCode as Code;
use crate::records::SES_SPF_DOMAIN;

/// Whether the host of an MX record begins with its priority.
pub(super) fn begins_with_number(host: &str) -> bool {
    let host = decode(host);
    let words = host.split(|c: char| !c.is_ascii_alphanumeric());
    let mut words = words.filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("mx"));
    words.next().is_some_and(is_number)
}

/// Whether the host for bounces has its priority in front of it; or after it, and perhaps a zone after that.
fn has_number_around(host: &str) -> bool {
    let host = decode(host).to_ascii_lowercase();
    let Some((front, rest)) = host.split_once("feedback-smtp") else {
        return false;
    };
    let is_sign = |c: char| c.is_whitespace() || ",;=".contains(c);
    let number = |text: &str| !text.is_empty() && is_number(text);
    let behind = rest.split_once(SES_SPF_DOMAIN).map_or_else(
        || {
            rest.split_once(char::is_whitespace)
                .map_or("", |(_, behind)| behind)
        },
        |(_, behind)| behind,
    );
    let last = behind.trim_start_matches(is_sign).split('.').next();
    number(front.trim_matches(is_sign)) || number(last.unwrap_or_default())
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|octet| octet.is_ascii_digit())
}

/// The first labels of hosts of Amazon that do something else. Any other name is a misspelt one.
const OTHER_TASKS: [&str; 6] = [
    "inbound-smtp",
    "email-smtp",
    "email",
    "feedback-smtp",
    "amazonses",
    "amazonaws",
];

/// What is wrong with a host of Amazon that is not the one for this domain's bounces.
pub(super) fn code_of_exchange(host: &str, bare: &str) -> Option<Code> {
    if is_number(host) || has_number_around(host) {
        return Some(Code::MxPriorityInValue);
    }
    let lower = bare.to_ascii_lowercase();
    let first = lower.split('.').next().unwrap_or_default();
    if is_number(first) && lower.contains("feedback-smtp") {
        return Some(Code::MxPriorityInValue);
    }
    let is_below = |domain: &str| {
        let front = lower.strip_suffix(domain);
        front.is_some_and(|front| front.is_empty() || front.ends_with('.'))
    };
    let of_ses = is_below(SES_SPF_DOMAIN);
    if of_ses && lower.starts_with("feedback-smtp.") {
        return Some(Code::MxWrongRegion);
    }
    let of_amazon = of_ses || is_below("amazonaws.com") || is_below("amazon.com");
    (of_amazon && OTHER_TASKS.contains(&first)).then_some(Code::MxWrongService)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mx_priority_anywhere_in_the_host_is_recognized() {
        for host in [
            "feedback-smtp.us-east-1.amazonses.com,10",
            "feedback-smtp.us-east-1.amazonses.com10",
            "feedback-smtp.us-east-1.amazonses.com\\03210",
            "10\\032feedback-smtp.us-east-1.amazonses.com\\03210",
            "10feedback-smtp.us-east-1.amazonses.com",
            "10,feedback-smtp.us-east-1.amazonses.com",
            "=10feedback-smtp.us-east-1.amazonses.com",
        ] {
            assert_eq!(
                code_of_exchange(host, host),
                Some(Code::MxPriorityInValue),
                "{host}"
            );
        }
        for host in [
            "feedback-smtp.us-east-1.amazonses.com:25",
            "feedback-smtp.us-east-1.amazonses.com.com",
            "mx.example.com",
        ] {
            assert_eq!(code_of_exchange(host, host), None, "{host}");
        }
    }
}
