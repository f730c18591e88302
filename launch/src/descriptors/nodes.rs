//! The node descriptor file (figure 3.3).

use abi::slice::NODES_MAX;

use super::lines::{self, DescriptorError, Problem};

/// A node as its line describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeDescriptor {
    /// The administrator's number, hexadecimal in the file. On the bus, nodes are numbered
    /// from 1 in the order of their lines.
    pub number: u32,
    /// The name.
    pub name: String,
    /// The groups that it belongs to.
    pub groups: Vec<String>,
    /// The type of computer.
    pub kind: String,
    /// What it has, such as `16mb`.
    pub characteristics: Vec<String>,
}

const FORM: &str = "number:name:groups:type:characteristics";

/// Reads a node descriptor file.
pub fn parse_nodes(text: &str) -> Result<Vec<NodeDescriptor>, DescriptorError> {
    let mut nodes: Vec<(usize, NodeDescriptor)> = Vec::new();
    for (line, text) in lines::lines(text) {
        let node = parse_line(text).and_then(|node| {
            check_against(&nodes, &node)?;
            Ok(node)
        });
        nodes.push((line, node.map_err(|problem| DescriptorError::Line { line, problem })?));
    }
    if nodes.is_empty() {
        return Err(DescriptorError::Empty);
    }
    Ok(nodes.into_iter().map(|(_, node)| node).collect())
}

fn parse_line(line: &str) -> Result<NodeDescriptor, Problem> {
    let [number, name, groups, kind, characteristics] = lines::fields(line, FORM)?;
    let number = u32::from_str_radix(number, 16).map_err(|_| Problem::Number(number.to_owned()))?;
    Ok(NodeDescriptor {
        number,
        name: lines::name(name)?,
        groups: lines::names(groups)?,
        kind: lines::name(kind)?,
        characteristics: lines::names(characteristics)?,
    })
}

fn check_against(
    earlier: &[(usize, NodeDescriptor)],
    node: &NodeDescriptor,
) -> Result<(), Problem> {
    if earlier.len() == NODES_MAX - 1 {
        return Err(Problem::TooMany(NODES_MAX - 1));
    }
    for (line, other) in earlier {
        let what = if other.number == node.number {
            format!("{:x}", node.number)
        } else if other.name == node.name {
            node.name.clone()
        } else {
            continue;
        };
        return Err(Problem::Repeated { what, line: *line });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Figure 3.3.
    const FIGURE: &str = "#
# Pool nodes under machine \"kathleen\".
#
201:kathleen1:systems,all:jt68030:4mb
202:kathleen2:systems,all:jt68030:4mb
20a:kathleen10:exclusive,all:jt68030:4mb
";

    #[test]
    fn the_figure_is_read() {
        let nodes = parse_nodes(FIGURE).unwrap();
        assert_eq!(nodes.len(), 3);
        assert_eq!((nodes[2].number, nodes[2].name.as_str()), (0x20a, "kathleen10"));
        assert_eq!(nodes[0].groups, ["systems", "all"]);
        assert_eq!((nodes[0].kind.as_str(), &nodes[0].characteristics[0][..]), ("jt68030", "4mb"));
    }

    #[test]
    fn errors_name_the_line_and_what_is_wrong() {
        let error = |text| parse_nodes(text).unwrap_err().to_string();
        assert_eq!(
            error("# c\n\n1:a:g:t"),
            "line 3 makes no sense: it has 4 fields and must have 5: \
             number:name:groups:type:characteristics"
        );
        assert_eq!(
            error("1x:a:g:t:m"),
            "line 1 makes no sense: the node's number `1x` is not hexadecimal"
        );
        assert!(error("1:a b:g:t:m").contains("`a b` is no name"));
        assert!(error("1:a:g,:t:m").contains("`` is no name"));
        assert!(error("1:a:g:t:m\n1:b:g:t:m").contains("`1` stands in line 1 already"));
        assert!(error("1:a:g:t:m\n2:a:g:t:m").contains("`a` stands in line 1 already"));
        assert_eq!(error("# nothing\n"), "there is nothing in it but comments");
    }

    #[test]
    fn a_pool_has_a_bound() {
        let text = |nodes| {
            let line = |node| format!("{node:x}:n{node}:all:qemu:16mb");
            (1..=nodes).map(line).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(parse_nodes(&text(249)).unwrap().len(), 249);
        let error = parse_nodes(&text(250)).unwrap_err();
        assert!(error.to_string().contains("at most 249"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text: String, fields in "[0-9a-f:,#\n a-z]{0,60}") {
            let _ = parse_nodes(&text);
            let _ = parse_nodes(&fields);
        }
    }
}
