//! Clients and their contacts, as emails name them.

use domain_auth::event::Event;
use domain_auth::names::EmailAddress;
use domain_auth::plain_text::shown;

/// The client's name; its identifier if no token has a name.
pub(crate) fn client(event: &Event) -> String {
    let name = event.client_name.as_ref();
    let name = name.map(|name| shown(name.as_str()));
    let name = name.filter(|name| !name.is_empty());
    name.unwrap_or_else(|| shown(event.client.as_str()))
}

/// The client's name after its identifier, which distinguishes clients with the same name. It may
/// begin a line: an identifier is a single word, but a name could look like a line of ours.
pub(crate) fn client_in_full(event: &Event) -> String {
    let (name, id) = (client(event), shown(event.client.as_str()));
    if name == id {
        id
    } else {
        format!("{id} ({name})")
    }
}

/// The address of a contact.
pub(crate) fn contact(address: Option<&EmailAddress>) -> String {
    address.map_or_else(
        || "none was left".to_owned(),
        |address| shown(address.as_str()),
    )
}
