//! The HTML body of an email: tables and inline styles, because mail programs remove `<style>`. The
//! `<style>` element is only for dark mode, and nothing depends on it.

use std::fmt::Write as _;

use askama::Template;
use domain_auth::plain_text::one_line;

use crate::draft::{Draft, Part, Target, Tone};
use crate::parts::within;

#[derive(Template)]
#[template(path = "email.html")]
struct Html<'a> {
    draft: &'a Draft,
    before: &'a [Part],
    behind: &'a [Part],
    /// The colour of the bar.
    bar: &'static str,
}

impl Draft {
    /// The HTML body.
    pub fn html(&self) -> Result<String, askama::Error> {
        let bar = match self.tone {
            Tone::Urgent => "#b42318",
            Tone::Wanted => "#b54708",
            Tone::Good => "#067647",
            Tone::Plain => "#475467",
        };
        let (before, behind) = self.around_button();
        let html = Html {
            draft: self,
            before,
            behind,
            bar,
        };
        html.render()
    }
}

/// A text in one line.
fn line(text: &str) -> String {
    one_line(text)
}

/// A part of a line, before or after a value.
fn part(text: &str) -> String {
    within(text, one_line)
}

/// A name or a value to be copied: escaped, with each dot in an element of its own, so that mail
/// programs find no addresses in it. The copied text is unchanged.
fn whole(value: &str) -> String {
    let mut html = String::new();
    for c in one_line(value).chars() {
        match c {
            '.' => html.push_str("<span>.</span>"),
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a `String` does not fail.
                write!(html, "&#{};", u32::from(c)).ok();
            }
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_escaped_and_not_made_a_link_by_mail_programs() {
        assert_eq!(whole("a.b"), "a<span>.</span>b");
        assert_eq!(whole("<b>&\"'\r\n"), "&#60;b&#62;&#38;&#34;&#39;");
    }
}
