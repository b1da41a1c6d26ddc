//! The stable codes for problems of a record or a domain.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A named mistake, or a named reason why nothing has to be done. If several apply, the code that is
        /// declared first is shown first.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum DiagnosisCode {
            $($(#[$doc])* $variant,)*
        }

        impl DiagnosisCode {
            /// Every code, in the order of leading.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as the API and the logs have it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

codes! {
    /// The registered domain does not exist. A name below a domain that exists need not exist before its
    /// records do.
    DomainDoesNotExist = "domain_does_not_exist",
    /// The registrar has delegated the domain to its name servers for suspended or expired domains.
    DomainSuspended = "domain_suspended",
    /// The record is found at some authoritative servers and not at others.
    NameserversDisagree = "nameservers_disagree",
    /// A CNAME and other records are at one name (RFC 1034 section 3.6.2 forbids it).
    CnameAndOther = "cname_and_other",
    /// The record holds the value and another value, or the parts of the value without the space between
    /// them.
    ValuesJoined = "values_joined",
    /// The record is at its name with the zone appended twice.
    HostDoubled = "host_doubled",
    /// The record is at its name without the subdomain part.
    HostWithoutZonePart = "host_without_zone_part",
    /// The record is at a name that is nearly its own.
    HostMisplaced = "host_misplaced",
    /// A DMARC policy at the domain itself, or a CNAME record without a policy where it belongs.
    DmarcWrongPlace = "dmarc_wrong_place",
    /// The record is published at the domain itself.
    AtApex = "at_apex",
    /// The name has addresses instead of a CNAME: a proxy or flattening hides the CNAME.
    CnameFlattened = "cname_flattened",
    /// A record of another type holds the name.
    WrongType = "wrong_type",
    /// Two SPF records at one name (RFC 7208 section 4.5).
    SpfMultiple = "spf_multiple",
    /// Two DMARC records at one name (RFC 9989 section 4.10).
    DmarcMultiple = "dmarc_multiple",
    /// The bounce host is that of another AWS Region.
    MxWrongRegion = "mx_wrong_region",
    /// The mail server is an Amazon server with another purpose.
    MxWrongService = "mx_wrong_service",
    /// The priority is part of the host of the MX record.
    MxPriorityInValue = "mx_priority_in_value",
    /// The token is right, but its target is in another zone than its keys.
    DkimWrongHostedZone = "dkim_wrong_hosted_zone",
    /// The record has the value of another record of the set.
    ValuesExchanged = "values_exchanged",
    /// The target ends with the customer's zone.
    TargetDoubled = "target_doubled",
    /// Name and value are swapped, or the name is pasted into the value.
    ValueIsName = "value_is_name",
    /// The value begins with what belongs in another field.
    ValueHasTypePrefix = "value_has_type_prefix",
    /// The value contains escapes: backslashes as in a zone file, or codes as in web pages and addresses.
    TxtEscaped = "txt_escaped",
    /// The value contains quotation marks.
    ValueQuoted = "value_quoted",
    /// The value has extra characters around it: brackets, a comma, a dot.
    ValueSurrounded = "value_surrounded",
    /// The value is truncated: only its beginning or its end is published.
    ValueTruncated = "value_truncated",
    /// Some letters differ in upper and lower case.
    ValueCaseChanged = "value_case_changed",
    /// The value has spaces or line breaks inside or around it.
    ValueWhitespace = "value_whitespace",
    /// The token is an old one, or belongs to another AWS Region or account.
    StaleToken = "stale_token",
    /// The MAIL FROM name has more than one MX record.
    MxExtra = "mx_extra",
    /// An SPF record that mail servers cannot use (RFC 7208, `permerror`), other than for the number
    /// of its look-ups: a term that is malformed, or an include of a name without a record.
    SpfInvalid = "spf_invalid",
    /// An SPF record that does not let mail from Amazon SES pass.
    SpfMissingInclude = "spf_missing_include",
    /// Over the ten look-ups of RFC 7208 section 4.6.4.
    SpfTooManyLookups = "spf_too_many_lookups",
    /// An SPF record whose result depends on a macro that is different for each mail (RFC 7208
    /// section 7).
    SpfCannotTell = "spf_cannot_tell",
    /// An SPF record that lets mail from every server pass (`+all`).
    SpfAllowsEverybody = "spf_allows_everybody",
    /// Receivers do not use the DMARC record.
    DmarcInvalid = "dmarc_invalid",
    /// A tag of a DMARC record that receivers cannot read (RFC 9989 sections 4.7 and 4.10.1).
    DmarcTagInvalid = "dmarc_tag_invalid",
    /// The policy blocks mail, and neither DKIM nor SPF is aligned yet.
    DmarcBlocksVia = "dmarc_blocks_via",
    /// The policy requires strict alignment, which the MAIL FROM or DKIM domain of the service does not
    /// meet.
    DmarcStrictAlignment = "dmarc_strict_alignment",
    /// The record has a different value.
    ValueMismatch = "value_mismatch",
    /// The record is not at the name; a wildcard answers for it (RFC 4592).
    WildcardAnswers = "wildcard_answers",
    /// The record is missing or wrong, but the domain is verified by the other method.
    NotNeeded = "not_needed",
    /// There is no record at the name.
    NotFound = "not_found",
    /// The name is longer than the field of the DNS provider's form.
    NameTooLongForProvider = "name_too_long_for_provider",
    /// The record is right at the authoritative servers; the resolver still has an older answer.
    Propagating = "propagating",
    /// The name servers to which the zone is delegated do not serve it.
    ZoneNotLive = "zone_not_live",
    /// Some name servers to which the zone is delegated do not serve it; others do.
    NameserverLame = "nameserver_lame",
    /// The zone fails DNSSEC validation at the resolver (bogus, RFC 4035 section 4.3).
    DnssecFailure = "dnssec_failure",
    /// DNS gave no answer, so the state is unknown.
    DnsUnavailable = "dns_unavailable",
    /// The MAIL FROM records are right, and Amazon SES does not use the name.
    MailFromInactive = "mail_from_inactive",
    /// The record is right, and Amazon SES has not looked at it yet.
    OkWaitingForSes = "ok_waiting_for_ses",
}

impl DiagnosisCode {
    /// Whether the code asks a person to change something.
    pub fn is_fault(self) -> bool {
        match self {
            Self::NotNeeded
            | Self::Propagating
            | Self::OkWaitingForSes
            | Self::MailFromInactive
            | Self::NameserverLame
            | Self::DnsUnavailable => false,
            Self::DomainDoesNotExist
            | Self::DomainSuspended
            | Self::NameserversDisagree
            | Self::CnameAndOther
            | Self::ValuesJoined
            | Self::HostMisplaced
            | Self::DmarcWrongPlace
            | Self::MxWrongService
            | Self::MxPriorityInValue
            | Self::DkimWrongHostedZone
            | Self::ValuesExchanged
            | Self::TxtEscaped
            | Self::WildcardAnswers
            | Self::NameTooLongForProvider
            | Self::HostDoubled
            | Self::HostWithoutZonePart
            | Self::AtApex
            | Self::CnameFlattened
            | Self::WrongType
            | Self::SpfMultiple
            | Self::DmarcMultiple
            | Self::MxWrongRegion
            | Self::TargetDoubled
            | Self::ValueIsName
            | Self::ValueHasTypePrefix
            | Self::ValueQuoted
            | Self::ValueSurrounded
            | Self::ValueTruncated
            | Self::ValueCaseChanged
            | Self::ValueWhitespace
            | Self::StaleToken
            | Self::MxExtra
            | Self::SpfInvalid
            | Self::SpfMissingInclude
            | Self::SpfTooManyLookups
            | Self::SpfCannotTell
            | Self::SpfAllowsEverybody
            | Self::DmarcInvalid
            | Self::DmarcTagInvalid
            | Self::DmarcBlocksVia
            | Self::DmarcStrictAlignment
            | Self::ValueMismatch
            | Self::NotFound
            | Self::ZoneNotLive
            | Self::DnssecFailure => true,
        }
    }
}

impl DiagnosisCode {
    /// Whether the code is only about the value, at whatever name it is.
    pub(crate) fn is_of_value(self) -> bool {
        let of_value = [
            Self::TxtEscaped,
            Self::ValueQuoted,
            Self::ValueWhitespace,
            Self::ValueSurrounded,
            Self::ValueTruncated,
            Self::ValueCaseChanged,
            Self::ValueHasTypePrefix,
        ];
        of_value.contains(&self)
    }
}

impl fmt::Display for DiagnosisCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_word_in_json_and_in_text() {
        for code in DiagnosisCode::ALL {
            assert_eq!(
                serde_json::to_value(code).unwrap(),
                serde_json::Value::from(code.as_str())
            );
        }
        assert_eq!(DiagnosisCode::ALL.len(), 51);
    }
}
