//! A browser without JavaScript: links, forms, redirects and cookies.

use std::collections::BTreeMap;

use lasso_local::User;
use reqwest::{Method, Url, header, redirect};

/// A separate browser window.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    console: String,
    client: reqwest::Client,
    /// The cookies of the console.
    pub(crate) cookies: BTreeMap<String, String>,
    /// The `Origin` that its forms send.
    pub(crate) origin: Origin,
    visited: Vec<String>,
}

/// The `Origin` of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The origin of the address that the form is sent to.
    Same,
    /// No `Origin`.
    Left,
    /// Another origin.
    Other(&'static str),
}

/// The page in it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) path: String,
    pub(crate) html: String,
    url: Url,
}

impl Page {
    /// Whether the page has this text in its escaped form.
    pub(crate) fn contains(&self, text: &str) -> bool {
        unescaped(&self.html).contains(text)
    }

    /// Its content.
    pub(crate) fn main(&self) -> String {
        let (_, rest) = self.html.split_once("<main").unwrap();
        rest.split_once("</main>").unwrap().0.to_owned()
    }

    pub(crate) fn has_form(&self, action: &str) -> bool {
        self.html.contains(&format!("action=\"{action}\""))
    }

    /// The fields that a form already has.
    pub(crate) fn fields_of(&self, action: &str) -> Vec<(String, String)> {
        let start = format!("action=\"{action}\"");
        let (_, rest) = self
            .html
            .split_once(&start)
            .unwrap_or_else(|| panic!("no form for {action} in {}", self.html));
        let (form, _) = rest.split_once("</form>").unwrap();
        let inputs = form.split("<input").skip(1);
        let inputs = inputs.filter(|input| input.contains("type=\"hidden\""));
        inputs
            .map(|input| {
                let attribute = |name: &str| {
                    let (_, rest) = input.split_once(&format!("{name}=\"")).unwrap();
                    unescaped(rest.split_once('"').unwrap().0)
                };
                (attribute("name"), attribute("value"))
            })
            .collect()
    }
}

fn unescaped(html: &str) -> String {
    html.replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&#60;", "<")
        .replace("&lt;", "<")
        .replace("&#62;", ">")
        .replace("&gt;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

impl Browser {
    pub(crate) fn new(console: &str) -> Self {
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            console: console.to_owned(),
            client,
            cookies: BTreeMap::new(),
            origin: Origin::Same,
            visited: Vec::new(),
        }
    }

    /// Every address that it was at.
    pub(crate) fn visited(&self) -> &[String] {
        &self.visited
    }

    /// From the console's address to its first page, with the issuer's form.
    pub(crate) async fn sign_in(&mut self, user: &User) -> Page {
        let start = self.address("/");
        self.sign_in_from(start, user).await
    }

    /// From another address to the first page, at the console or at the issuer.
    pub(crate) async fn sign_in_from(&mut self, start: Url, user: &User) -> Page {
        let form = self.go(Method::GET, start, None).await;
        assert!(form.contains("Password"), "{}", form.html);
        let fields = [
            ("username", user.username.as_str()),
            ("password", user.password.as_str()),
        ];
        self.submit(&form, "/login", &fields).await
    }

    pub(crate) async fn open(&mut self, path: &str) -> Page {
        let url = self.address(path);
        self.go(Method::GET, url, None).await
    }

    /// The address of a page of the console.
    pub(crate) fn address(&self, path: &str) -> Url {
        format!("{}{path}", self.console).parse().unwrap()
    }

    /// Sends a form to an address of the console, whatever page it is from.
    pub(crate) async fn send(&mut self, path: &str, form: Vec<(String, String)>) -> Page {
        let url = self.address(path);
        self.go(Method::POST, url, Some(form)).await
    }

    /// The redirect target of an address of the console, which is not followed.
    pub(crate) async fn leads_to(&mut self, path: &str) -> Url {
        let url = self.address(path);
        let answer = self.client.get(url.clone()).send().await.unwrap();
        self.keep(answer.headers());
        let to = answer.headers()[header::LOCATION].to_str().unwrap();
        url.join(to).unwrap()
    }

    /// Follows the first link whose address contains this text.
    pub(crate) async fn follow(&mut self, page: &Page, part: &str) -> Page {
        let url = link(page, part);
        self.go(Method::GET, url, None).await
    }

    /// The file behind the first link whose address contains this text.
    pub(crate) async fn download(&mut self, page: &Page, part: &str) -> String {
        let file = self.follow(page, part).await;
        assert_eq!(file.status, 200, "{}", file.html);
        file.html
    }

    /// Sends the form of a page to `action`, with these fields filled in.
    pub(crate) async fn submit(
        &mut self,
        page: &Page,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let mut form = page.fields_of(action);
        for (name, value) in fields {
            form.push(((*name).to_owned(), (*value).to_owned()));
        }
        let url = page.url.join(action).unwrap();
        self.go(Method::POST, url, Some(form)).await
    }

    async fn go(&mut self, method: Method, url: Url, form: Option<Vec<(String, String)>>) -> Page {
        let (mut method, mut url, mut form) = (method, url, form);
        for _redirect in 0..10 {
            self.visited.push(url.to_string());
            let is_console = url.as_str().starts_with(&self.console);
            let mut request = self.client.request(method.clone(), url.clone());
            if is_console && !self.cookies.is_empty() {
                let pairs: Vec<String> = self
                    .cookies
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                request = request.header(header::COOKIE, pairs.join("; "));
            }
            if method == Method::POST {
                let origin = match self.origin {
                    Origin::Same => Some(url.origin().ascii_serialization()),
                    Origin::Left => None,
                    Origin::Other(origin) => Some(origin.to_owned()),
                };
                if let Some(origin) = origin {
                    request = request.header(header::ORIGIN, origin);
                }
            }
            if let Some(form) = form.take() {
                request = request.form(&form);
            }
            let answer = request.send().await.unwrap();
            if is_console {
                self.keep(answer.headers());
            }
            let status = answer.status();
            if status.is_redirection() {
                let to = answer.headers()[header::LOCATION].to_str().unwrap();
                url = url.join(to).unwrap();
                method = Method::GET;
                continue;
            }
            return Page {
                status: status.as_u16(),
                path: url.path().to_owned(),
                html: answer.text().await.unwrap(),
                url,
            };
        }
        panic!("redirects without end: {:?}", self.visited);
    }

    fn keep(&mut self, headers: &header::HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn link(page: &Page, part: &str) -> Url {
    let links = page.html.split("href=\"").skip(1);
    let mut links = links.map(|rest| unescaped(rest.split_once('"').unwrap().0));
    let found = links.find(|link| link.contains(part));
    let found = found.unwrap_or_else(|| panic!("no link with {part} in {}", page.html));
    page.url.join(&found).unwrap()
}
