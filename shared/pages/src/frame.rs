//! The HTML document around the content of a page.

use askama::Template;

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/script.js");

/// The parts of a page. All except the title are HTML, which is not escaped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Plain text.
    pub title: &'a str,
    /// The HTML above the content: the name of the product, navigation.
    pub top: &'a str,
    /// The content. It begins with an `h1`.
    pub main: &'a str,
    /// The HTML below the content.
    pub foot: &'a str,
    /// Whose page it is: the same for all pages of a session, and for those of no other. A page that is fetched
    /// again replaces the one before only if both are of one session.
    pub session: &'a str,
    /// Whether a page that waits is loaded again, every minute, by a browser without scripts too. Not for a page with
    /// fields, because what a person types is lost then.
    pub reloads_without_script: bool,
    /// The address at which the page is loaded again, relative to its own; empty if it is its own.
    pub address: &'a str,
    /// The reload interval in seconds, for a page that waits for something; `None` for other pages.
    /// A reload replaces only the content, and not while a person types or selects.
    pub refresh_seconds: Option<u32>,
}

#[derive(Template)]
#[template(path = "frame.html")]
struct Page<'a> {
    frame: &'a Frame<'a>,
    style: &'a str,
    script: &'a str,
}

impl Frame<'_> {
    /// The page.
    pub fn render(&self) -> Result<String, askama::Error> {
        let page = Page {
            frame: self,
            style: style(),
            script: script(),
        };
        page.render()
    }
}

/// The stylesheet, without the tags around it.
pub fn style() -> &'static str {
    STYLE
}

/// The script, without the tags around it.
pub fn script() -> &'static str {
    SCRIPT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_escaped_and_the_content_is_not() {
        let frame = Frame {
            title: "</title><script>alert(1)</script>",
            main: "<h1>Records</h1>",
            ..Frame::default()
        };
        let page = frame.render().unwrap();
        assert!(page.contains("<h1>Records</h1>"));
        assert!(!page.contains("<script>alert"));
    }

    #[test]
    fn only_a_page_with_a_refresh_interval_reloads() {
        let waits = Frame {
            refresh_seconds: Some(30),
            ..Frame::default()
        };
        assert!(
            waits
                .render()
                .unwrap()
                .contains("<main data-refresh=\"30\">")
        );
        assert!(Frame::default().render().unwrap().contains("<main>"));
        let reloads = Frame {
            reloads_without_script: true,
            ..waits
        };
        let refresh = "<noscript><meta http-equiv=\"refresh\" content=\"60\"></noscript>";
        assert!(reloads.render().unwrap().contains(refresh));
        assert!(!waits.render().unwrap().contains("noscript"));
        let elsewhere = Frame {
            address: "again",
            ..reloads
        };
        let page = elsewhere.render().unwrap();
        assert!(page.contains("content=\"60; url=again\""), "{page}");
        assert!(
            page.contains("data-refresh=\"30\" data-address=\"again\">"),
            "{page}"
        );
    }

    #[test]
    fn inline_style_and_script_close_no_element_and_load_nothing() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</"), "it would end its element");
            assert!(!text.contains("//cdn") && !text.contains("http"));
            assert!(text.len() < 8_000, "{}", text.len());
        }
        assert!(!STYLE.contains("@import") && !STYLE.contains("url("));
    }
}
