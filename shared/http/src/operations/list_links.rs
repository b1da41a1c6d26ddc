//! `GET /domains/{domain}/links`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/domains/{domain}/links",
    access: Access::ClientAdmin,
    function: "share-domain",
    summary: "The live links to a domain.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::links_view::LinkListView;
    use crate::openapi::{Description, GoodAnswer, Schemas, examples};
    use crate::problem::ApiError;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let links = schemas.answered::<LinkListView>();
        Description {
            detail: "The oldest first, including the links in emails. The addresses (URLs) of links are \
                not stored.",
            answers: vec![GoodAnswer::json(
                "200",
                "The links.",
                &links,
                "links",
                &examples::links(),
            )],
            problems: vec![ApiError::NotFound],
            ..Description::default()
        }
    }
}
