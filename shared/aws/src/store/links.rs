//! The targets of links: one item for each link, by the digest of its token. The domain stores
//! whether the link is live.

use aws_sdk_dynamodb::types::Put;
use domain_auth::links::{LinkTarget, LinkToken, NewLink, ReadLinks};
use domain_auth::ports::StoreError;

use super::commit::to_item;
use super::keys::{self, EXPIRES_AT, Kept, Key};
use super::{Table, number};

impl ReadLinks for Table {
    async fn link(&self, token: &LinkToken) -> Result<Option<LinkTarget>, StoreError> {
        self.get("read a link", Key::link(token)).await
    }
}

impl Table {
    pub(super) fn put_link(&self, link: &NewLink) -> Result<Put, StoreError> {
        let mut item = to_item(Key::link(&link.token), &link.target)?;
        let expires_at = link.target.ends_at.as_second();
        item.insert(EXPIRES_AT.to_owned(), number(expires_at));
        item.extend(keys::of_client(&link.target.client, Kept::Link));
        self.put_new(item)
    }
}
