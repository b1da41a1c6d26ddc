//! The page for an action.

use crate::draft::{Button, Target};

/// The console, if the stack has one: its pages have the paths of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Console {
    url: Option<String>,
}

impl Console {
    /// The console at `url`, an address without a path. `None` if the stack has no console.
    pub fn at(url: Option<&str>) -> Self {
        let url = url.map(|url| url.trim_end_matches('/'));
        Self {
            url: url.filter(|url| !url.is_empty()).map(str::to_owned),
        }
    }

    /// The address of the page with a path of the API. What does not begin as a path could name another host, and
    /// is left out.
    pub fn page(&self, path: &str) -> Option<String> {
        let path = if path.starts_with('/') { path } else { "" };
        self.url.as_ref().map(|url| format!("{url}{path}"))
    }

    /// A button to the page with the path; without a console, the call of the API that does the same.
    pub fn button(&self, label: &str, path: &str, method: &str) -> Button {
        Button {
            label: label.to_owned(),
            target: match self.page(path) {
                Some(url) => Target::Page(url),
                None => Target::Call(format!("{method} {path}")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_links_to_the_console_or_shows_the_api_call() {
        let path = "/staff/domains";
        let console = Console::at(Some("https://console.example/"));
        assert_eq!(
            console.button("Open", path, "GET").target,
            Target::Page("https://console.example/staff/domains".to_owned())
        );
        let foreign = console.button("Open", "@evil.example/x", "GET").target;
        assert_eq!(foreign, Target::Page("https://console.example".to_owned()));
        for none in [Console::at(None), Console::at(Some(""))] {
            let target = none.button("Open", path, "GET").target;
            assert_eq!(target, Target::Call("GET /staff/domains".to_owned()));
        }
    }
}
