//! There is no import circle among the files of `shared/` and `infra/`, and the search does find
//! circles.

use std::path::{Path, PathBuf};

use structure_tests::{Circle, Sources, circles, crates_below, read};

#[test]
fn no_file_of_shared_or_infra_is_in_an_import_circle() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut crates = Vec::new();
    for folder in ["shared", "infra"] {
        crates.extend(crates_below(&workspace.join(folder)).expect("folders that can be read"));
    }
    let looked_at = |name: &str| crates.iter().any(|folder| folder.ends_with(name));
    for name in [
        "shared/names",
        "shared/dns-diagnosis",
        "shared/domain-auth",
        "infra/local/ses-gate",
    ] {
        assert!(looked_at(name), "{name} is not among {crates:?}");
    }
    let mut found = Vec::new();
    for folder in &crates {
        let sources = read(folder).expect("sources that can be read");
        let sources = sources.into_iter().map(|(path, text)| {
            let path = path.strip_prefix(&workspace).map(Path::to_owned);
            (path.expect("a path in the workspace"), text)
        });
        let circles = circles(&sources.collect()).expect("sources in Rust");
        found.extend(circles.iter().map(Circle::to_string));
    }
    assert!(
        found.is_empty(),
        "import circles; move what both sides need to a file below:\n{}",
        found.join("\n")
    );
}

#[test]
fn a_circle_is_reported_with_its_files_and_the_imported_items() {
    let found = circles_of(&[
        ("src/lib.rs", "mod a; mod b; mod c; pub use a::A;"),
        ("src/a.rs", "use crate::b::B; pub struct A(B);"),
        ("src/b.rs", "pub struct B(Option<Box<super::c::C>>);"),
        ("src/c.rs", "use super::A; pub struct C(A); pub struct D;"),
    ]);
    let [circle] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        circle.to_string(),
        "  src/a.rs imports B from src/b.rs\n  src/b.rs imports C from src/c.rs\n  \
         src/c.rs imports A from src/a.rs\n"
    );
}

#[test]
fn separate_circles_count_as_two_and_circles_that_share_a_file_as_one() {
    let apart = circles_of(&[
        ("src/lib.rs", "mod a; mod b; mod c; mod d;"),
        ("src/a.rs", "use crate::b::B; pub struct A;"),
        ("src/b.rs", "use crate::a::A; pub struct B;"),
        ("src/c.rs", "use crate::d::D; pub struct C;"),
        ("src/d.rs", "use crate::c::C; pub struct D;"),
    ]);
    assert_eq!(
        files(&apart),
        [["src/a.rs", "src/b.rs"], ["src/c.rs", "src/d.rs"]]
    );
    let shared = circles_of(&[
        ("src/lib.rs", "mod a; mod b; mod c;"),
        (
            "src/a.rs",
            "use crate::b::B; use crate::c::C; pub struct A;",
        ),
        ("src/b.rs", "use crate::a::A; pub struct B;"),
        ("src/c.rs", "use crate::a::A; pub struct C;"),
    ]);
    assert_eq!(files(&shared), [["src/a.rs", "src/b.rs"]]);
}

#[test]
fn a_parent_that_only_reexports_its_child_is_in_no_circle() {
    let found = circles_of(&[
        ("src/lib.rs", "mod parent;"),
        (
            "src/parent.rs",
            "mod child; pub use child::Child; pub struct Parent;",
        ),
        (
            "src/parent/child.rs",
            "use super::Parent; pub struct Child(Parent);",
        ),
    ]);
    assert_eq!(files(&found), Vec::<Vec<String>>::new());
}

#[test]
fn a_parent_that_uses_its_child_is_in_a_circle() {
    for parent in [
        "mod child; use child::Child; pub struct Parent(Option<Box<Child>>);",
        "mod child; pub use child::Child; pub struct Parent(Option<Box<Child>>);",
        "mod child; pub struct Parent; fn f() { println!(\"{}\", child::Child::SIZE); }",
    ] {
        let found = circles_of(&[
            ("src/lib.rs", "mod parent;"),
            ("src/parent/mod.rs", parent),
            (
                "src/parent/child.rs",
                "use super::Parent; pub struct Child(Parent);",
            ),
        ]);
        assert_eq!(
            files(&found),
            [["src/parent/child.rs", "src/parent/mod.rs"]],
            "{parent}"
        );
    }
}

#[test]
fn tests_comments_strings_modules_and_other_crates_are_not_imports() {
    for b in [
        "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }",
        "pub struct B; #[cfg(test)] use crate::a::A;",
        "pub struct B; impl B { #[cfg(test)] fn f() { crate::a::f(); } fn g() {} }",
        "/// See [`crate::a::A`].\npub struct B;",
        "pub struct B; fn f() -> &'static str { \"crate::a::A\" }",
        "use crate::a; pub struct B;",
        "use ::a::A; use other::a::A as Other; pub struct B;",
    ] {
        let found = circles_of(&[
            ("src/lib.rs", "mod a; mod b;"),
            (
                "src/a.rs",
                "use crate::b::B; pub struct A(B); pub fn f() {}",
            ),
            ("src/b.rs", b),
        ]);
        assert_eq!(files(&found), Vec::<Vec<String>>::new(), "{b}");
    }
}

#[test]
fn every_way_to_name_an_item_is_an_import() {
    for b in [
        "use crate::a::{f, A as Other};",
        "use super::a::*;",
        "use crate::a; fn g() { a::f(); }",
        "use crate::a as other; fn g() { other::f(); }",
        "fn g() { use crate::a::f; f(); }",
        "fn g() { assert!(matches!(1, crate::a::ONE)); }",
        "impl B { fn g(&self) -> Option<crate::a::A> { None } }",
        "use crate::handed_on::A;",
        "mod inline { use crate::a::A; }",
    ] {
        let b = format!("pub struct B; {b}");
        let found = circles_of(&[
            (
                "src/lib.rs",
                "mod a; mod b; mod handed_on { pub use crate::a::*; }",
            ),
            (
                "src/a.rs",
                "use crate::b::B; pub struct A(B); pub fn f() {} pub const ONE: u8 = 1;",
            ),
            ("src/b.rs", &b),
        ]);
        assert_eq!(files(&found), [["src/a.rs", "src/b.rs"]], "{b}");
    }
}

fn circles_of(files: &[(&str, &str)]) -> Vec<Circle> {
    let files = files.iter();
    let sources: Sources = files
        .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()))
        .collect();
    circles(&sources).expect("sources in Rust")
}

fn files(circles: &[Circle]) -> Vec<Vec<String>> {
    let files = |circle: &Circle| {
        let mut files: Vec<_> = circle
            .files
            .iter()
            .map(|(path, _)| path.display().to_string())
            .collect();
        files.sort();
        files
    };
    circles.iter().map(files).collect()
}
