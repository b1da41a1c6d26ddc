//! Names that are meant as that of Amazon SES.

use crate::diagnosis::spelling::distance;
use crate::records::SES_SPF_DOMAIN;

/// Whether a name is that of Amazon SES with a slip of the keyboard in it, or that of another part of Amazon.
pub(super) fn is_misspelt(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name != SES_SPF_DOMAIN
        && (name == "amazonaws.com" || distance(&name, SES_SPF_DOMAIN) <= MOST_SLIPS)
}

/// More slips than these in a name of 13 letters make another name of it.
const MOST_SLIPS: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspellings_of_amazonses_are_distinguished_from_other_names() {
        for name in [
            "amazonse.com",
            "amazones.com",
            "amazonses.con",
            "AmazonSes.co",
            "amazonaws.com",
            "amazon-ses.com",
        ] {
            assert!(is_misspelt(name), "{name}");
        }
        for name in [
            "amazonses.com",
            "amazon.com",
            "_spf.google.com",
            "sendgrid.net",
            "",
        ] {
            assert!(!is_misspelt(name), "{name}");
        }
    }
}
