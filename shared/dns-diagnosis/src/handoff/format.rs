//! The requested format: by name in the query, or by media type in `Accept`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A hand-off format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HandoffFormat {
    /// For programs.
    Json,
    /// RFC 1035 master file.
    Zone,
    /// RFC 4180, for spreadsheets.
    Csv,
    /// `aws_route53_record` resources.
    Terraform,
    /// A Route 53 change batch.
    Route53,
    /// Plain instructions.
    Text,
    /// The instructions as a page to print.
    Html,
}

/// An unknown `?format=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of json, zone, csv, terraform, route53, text, html")]
pub struct UnknownFormat;

/// Thousandths, so that weights compare exactly (RFC 9110 section 12.4.2).
type Weight = u16;

impl HandoffFormat {
    /// Every format; the first is the one for `*/*`.
    pub const ALL: [Self; 7] = [
        Self::Json,
        Self::Zone,
        Self::Csv,
        Self::Terraform,
        Self::Route53,
        Self::Text,
        Self::Html,
    ];

    /// The value of `?format=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Zone => "zone",
            Self::Csv => "csv",
            Self::Terraform => "terraform",
            Self::Route53 => "route53",
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    /// For the header `Content-Type`. `text/dns` is registered for master files by RFC 4027.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::Route53 => "application/json",
            Self::Zone => "text/dns; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Terraform | Self::Text => "text/plain; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    /// The end of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Zone => "zone",
            Self::Csv => "csv",
            Self::Terraform => "tf",
            Self::Route53 => "route53.json",
            Self::Text => "txt",
            Self::Html => "html",
        }
    }

    /// The media type by which a client can ask for it. Terraform and Route 53 have none of their
    /// own and are had by name only.
    fn media_type(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Json => Some(("application", "json")),
            Self::Zone => Some(("text", "dns")),
            Self::Csv => Some(("text", "csv")),
            Self::Text => Some(("text", "plain")),
            Self::Html => Some(("text", "html")),
            Self::Terraform | Self::Route53 => None,
        }
    }

    /// The format that the header `Accept` prefers (RFC 9110 section 12.5.1); `None` if it
    /// accepts none of them. Of equals, the first in the order of [`Self::ALL`].
    pub fn from_accept(accept: &str) -> Option<Self> {
        if accept.trim().is_empty() {
            return Some(Self::Json);
        }
        let ranges: Vec<Range<'_>> = accept.split(',').filter_map(Range::parse).collect();
        let weight = |format: Self| {
            let (kind, subtype) = format.media_type()?;
            ranges
                .iter()
                .filter(|range| range.matches(kind, subtype))
                .max_by_key(|range| range.precision())
                .map(|range| range.weight)
        };
        let mut best = None;
        for format in Self::ALL {
            let found = weight(format).filter(|weight| *weight > 0);
            if found.is_some() && found > best.map(|(_, weight)| weight) {
                best = found.map(|weight| (format, weight));
            }
        }
        best.map(|(format, _)| format)
    }
}

impl FromStr for HandoffFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str().eq_ignore_ascii_case(text))
            .ok_or(UnknownFormat)
    }
}

impl fmt::Display for HandoffFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A media range with its weight.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    weight: Weight,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let weight = parts
            .find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                name.trim()
                    .eq_ignore_ascii_case("q")
                    .then_some(value.trim())
            })
            .map_or(Some(1000), weight)?;
        Some(Self {
            kind,
            subtype,
            weight,
        })
    }

    fn matches(&self, kind: &str, subtype: &str) -> bool {
        let fits = |range: &str, value: &str| range == "*" || range.eq_ignore_ascii_case(value);
        fits(self.kind, kind) && fits(self.subtype, subtype)
    }

    /// The most precise range decides.
    fn precision(&self) -> u8 {
        u8::from(self.kind != "*") + u8::from(self.subtype != "*")
    }
}

/// `0` to `1` with at most three decimals, in thousandths.
fn weight(text: &str) -> Option<Weight> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if !decimals.bytes().all(|b| b.is_ascii_digit()) || decimals.len() > 3 {
        return None;
    }
    let decimals: Weight = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(decimals),
        "1" if decimals == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_handoff_format_is_found_by_its_name() {
        for format in HandoffFormat::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
            assert_eq!(serde_json::to_value(format).unwrap(), format.as_str());
        }
        assert_eq!("ZONE".parse(), Ok(HandoffFormat::Zone));
        assert_eq!("yaml".parse::<HandoffFormat>(), Err(UnknownFormat));
    }

    #[test]
    fn the_accept_header_prefers_formats_by_weight_and_precision() {
        use HandoffFormat::{Csv, Html, Json, Text, Zone};
        for (accept, format) in [
            ("", Some(Json)),
            ("*/*", Some(Json)),
            ("application/json", Some(Json)),
            ("text/dns", Some(Zone)),
            ("Text/CSV; header=present", Some(Csv)),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                Some(Html),
            ),
            ("text/plain;q=0.5, text/html;q=0.7", Some(Html)),
            (
                "text/*;q=0.5, text/dns;q=0, text/csv;q=0.1, text/html;q=0.2",
                Some(Text),
            ),
            ("application/*;q=0.1, text/plain", Some(Text)),
            ("image/png", None),
            ("text/html;q=0", None),
            ("nonsense", None),
        ] {
            assert_eq!(HandoffFormat::from_accept(accept), format, "{accept}");
        }
    }

    proptest! {
        #[test]
        fn any_accept_header_is_read_without_a_panic(accept in "\\PC{0,60}") {
            let _ = HandoffFormat::from_accept(&accept);
        }
    }
}
