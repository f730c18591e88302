//! Source locations from debug metadata (LLVM Language Reference, "Specialized
//! Metadata Nodes").

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::ir::MetaId;
use crate::lexer::{Lexer, Token, unescape};

/// A place in the source that rustc compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLocation {
    /// as rustc was told, with the directory if it is relative
    pub file: Arc<str>,
    /// from 1
    pub line: u32,
}

/// Finds the text of a metadata node, from its `!` to the end of the file.
pub type Nodes<'a> = dyn Fn(MetaId) -> Option<&'a str> + 'a;

/// Scopes may nest this deep; a longer chain is a circle.
const MAX_SCOPES: usize = 1000;

/// The files of scopes, remembered: there are few, and each is asked for often.
#[derive(Default, Debug)]
pub struct Files {
    by_scope: RefCell<HashMap<MetaId, Option<Arc<str>>>>,
}

impl Files {
    /// The source of a `DILocation`, or of the head of a `DISubprogram`. `None`
    /// for code that no line stands for, and for nodes of any other kind.
    pub fn location(&self, id: MetaId, nodes: &Nodes<'_>) -> Option<SourceLocation> {
        let node = Node::parse(nodes(id)?);
        let scope = match node.kind {
            "DILocation" => node.scope?,
            "DISubprogram" => id,
            _ => return None,
        };
        let line = node.line.filter(|&line| line > 0)?;
        Some(SourceLocation { file: self.of_scope(scope, nodes)?, line })
    }

    fn of_scope(&self, scope: MetaId, nodes: &Nodes<'_>) -> Option<Arc<str>> {
        if let Some(file) = self.by_scope.borrow().get(&scope) {
            return file.clone();
        }
        let file = find_file(scope, nodes);
        self.by_scope.borrow_mut().insert(scope, file.clone());
        file
    }
}

/// The innermost scope that names a file knows it.
fn find_file(scope: MetaId, nodes: &Nodes<'_>) -> Option<Arc<str>> {
    let mut next = Some(scope);
    for _ in 0..MAX_SCOPES {
        let node = Node::parse(nodes(next?)?);
        if let Some(file) = node.file {
            return path(&Node::parse(nodes(file)?));
        }
        next = node.scope;
    }
    None
}

fn path(file: &Node<'_>) -> Option<Arc<str>> {
    let name = unescape(file.filename?);
    let name = String::from_utf8_lossy(&name);
    let directory = unescape(file.directory.unwrap_or_default());
    if name.starts_with('/') || directory.is_empty() {
        return Some(name.into());
    }
    Some(format!("{}/{name}", String::from_utf8_lossy(&directory)).into())
}

/// Those fields of a node that lead to a location.
#[derive(Default)]
struct Node<'a> {
    kind: &'a str,
    line: Option<u32>,
    scope: Option<MetaId>,
    file: Option<MetaId>,
    filename: Option<&'a str>,
    directory: Option<&'a str>,
}

impl<'a> Node<'a> {
    /// Reads `!12 = distinct !DIKind(name: value, …)`.
    fn parse(text: &'a str) -> Node<'a> {
        let line = text.lines().next().unwrap_or_default();
        let mut node = Node::default();
        let mut lexer = Lexer::new(line, 1);
        lexer.next();
        let mut field = "";
        loop {
            let token = lexer.next();
            match (field, token) {
                (_, Token::End) => return node,
                (_, Token::Meta(kind)) if node.kind.is_empty() => node.kind = kind,
                ("line", Token::Number(number)) => node.line = number.parse().ok(),
                ("scope", Token::Meta(id)) => node.scope = id.parse().ok().map(MetaId),
                ("file", Token::Meta(id)) => node.file = id.parse().ok().map(MetaId),
                ("filename", Token::Str(name)) => node.filename = Some(name),
                ("directory", Token::Str(name)) => node.directory = Some(name),
                (_, Token::Punct(':')) => continue,
                _ => (),
            }
            field = if let Token::Word(word) = token { word } else { "" };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: &[&str] = &[
        "!0 = !DIFile(filename: \"src/a b.rs\", directory: \"/home/x\", checksumkind: CSK_MD5)\n!1",
        "!1 = distinct !DISubprogram(name: \"f(line: 9, file: !7\", scope: !2, file: !0, line: 12)",
        "!2 = !DINamespace(name: \"m\", scope: !8)",
        "!3 = !DILexicalBlock(scope: !1, line: 13)",
        "!4 = !DILocation(line: 14, column: 5, scope: !3, inlinedAt: !5)",
        "!5 = !DILocation(line: 0, scope: !3)",
        "!6 = !DILexicalBlock(scope: !6)",
        "!7 = !DILocation(line: 1, scope: !6)",
        "!8 = !DIFile(filename: \"/abs.rs\", directory: \"/home\")",
        "!9 = !DISubprogram(file: !8, line: 3)",
    ];

    fn location(number: u32) -> Option<(String, u32)> {
        let nodes = |MetaId(id): MetaId| NODES.get(id as usize).copied();
        let location = Files::default().location(MetaId(number), &nodes)?;
        Some((location.file.to_string(), location.line))
    }

    #[test]
    fn a_location_is_found_through_its_scopes() {
        assert_eq!(location(4), Some(("/home/x/src/a b.rs".into(), 14)));
    }

    #[test]
    fn a_subprogram_is_at_its_head() {
        assert_eq!(location(1), Some(("/home/x/src/a b.rs".into(), 12)));
        assert_eq!(location(9), Some(("/abs.rs".into(), 3)));
    }

    #[test]
    fn what_has_no_line_has_no_location() {
        assert_eq!(location(5), None, "line 0");
        assert_eq!(location(7), None, "a circle of scopes");
        assert_eq!(location(2), None, "no location at all");
        assert_eq!(location(99), None, "no such node");
    }
}
