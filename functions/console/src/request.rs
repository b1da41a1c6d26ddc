//! A request of a browser, parsed once.

use http::{HeaderMap, Method};
use lambda_http::{Body, Request, RequestExt};

use crate::cookies::Jar;

/// The longest form that is read, in octets. The API takes bodies of 8 KiB in UTF-8, in which an octet can be three in a
/// form (`%C3`); beside these fields, a form has its token.
const LONGEST_FORM: usize = 32_768;

/// A request of a browser.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// GET or POST; nothing else is served. A HEAD is answered as a GET (RFC 9110 section 9.3.2).
    pub method: Method,
    /// Whether the answer is sent without its content.
    pub(crate) is_head: bool,
    /// The path, with a slash at its beginning.
    pub path: String,
    /// Its cookies.
    pub jar: Jar,
    origin: Option<String>,
    /// `Sec-Fetch-Dest`.
    destination: Option<String>,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    /// Whether its form is longer than any that the API accepts. Its fields were not read.
    pub(crate) is_too_long: bool,
}

impl Incoming {
    /// The request in an event of an HTTP API.
    pub fn of(request: &Request) -> Self {
        let query = request.query_string_parameters_ref();
        let query = query.into_iter().flat_map(|query| {
            let pairs = query.iter();
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
        });
        Self {
            method: match request.method() {
                &Method::HEAD => Method::GET,
                other => other.clone(),
            },
            is_head: request.method() == Method::HEAD,
            path: request.raw_http_path().to_owned(),
            jar: Jar::of(request.headers()),
            origin: text_of(request.headers(), "origin"),
            destination: text_of(request.headers(), "sec-fetch-dest"),
            query: query.collect(),
            form: form_of(request.body()),
            is_too_long: request.body().len() > LONGEST_FORM,
        }
    }

    /// The path with its query, if this is the address of a page to come back to.
    pub fn address(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        // In a query both are a space.
        format!("{}?{}", self.path, query.finish().replace('+', "%20"))
    }

    /// The parts of the path; `None` if a part has characters that no address of the console has.
    pub fn segments(&self) -> Option<Vec<&str>> {
        let path = self.path.trim_start_matches('/').trim_end_matches('/');
        if path.is_empty() {
            return Some(Vec::new());
        }
        let is_plain = |part: &&str| {
            let mut characters = part.chars();
            let plain = characters.all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c));
            plain && !part.is_empty() && !part.chars().all(|c| c == '.')
        };
        let parts: Vec<&str> = path.split('/').collect();
        parts.iter().all(is_plain).then_some(parts)
    }

    /// The value of the header `Origin`.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Whether a person sees what is answered, as far as the browser says (Fetch Metadata Request Headers): an icon,
    /// a script, or what a script fetches (`empty`) does not lead to the sign-in.
    pub fn is_for_a_page(&self) -> bool {
        let destination = self.destination.as_deref();
        destination.is_none_or(|it| matches!(it, "document" | "iframe" | "frame"))
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        found(&self.query, name)
    }

    /// A field of the form, without white space around it; `None` if it is empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        let value = found(&self.form, name)?.trim();
        (!value.is_empty()).then_some(value)
    }
}

fn found<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = pairs.iter().find(|(it, _)| it == name);
    found.map(|(_, value)| value.as_str())
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn form_of(body: &Body) -> Vec<(String, String)> {
    if body.len() > LONGEST_FORM {
        return Vec::new();
    }
    form_urlencoded::parse(body).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(path: &str) -> Incoming {
        Incoming {
            method: Method::GET,
            is_head: false,
            path: path.to_owned(),
            jar: Jar::default(),
            origin: None,
            destination: None,
            query: Vec::new(),
            form: Vec::new(),
            is_too_long: false,
        }
    }

    #[test]
    fn paths_with_dots_or_encoded_separators_are_refused() {
        let parts = |path: &str| {
            let incoming = incoming(path);
            let parts = incoming.segments();
            parts.map(|parts| parts.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(parts("/").unwrap(), Vec::<String>::new());
        assert_eq!(
            parts("/domains/example.com/").unwrap(),
            ["domains", "example.com"]
        );
        assert_eq!(
            parts("/staff/clients/a~2Fb/domains/xn--bcher-kva.example").unwrap(),
            [
                "staff",
                "clients",
                "a~2Fb",
                "domains",
                "xn--bcher-kva.example"
            ]
        );
        for path in [
            "/domains/../staff",
            "/domains/.",
            "/domains//example.com",
            "/domains/example.com%2Fcheck",
            "/domains/a?b",
            "/domains/a b",
            "/domains/bücher.example",
        ] {
            assert_eq!(parts(path), None, "{path}");
        }
    }
}
