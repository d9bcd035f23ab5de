//! The longest of many prefixes that a text begins with: a compressed trie.
//!
//! A search reads each byte of the text at most once, however many prefixes there are and however they nest.

/// Prefixes, each with a number.
#[derive(Debug, Default)]
pub struct Prefixes {
    /// The root is the first; the children of a node lie side by side, ordered by the first byte of their
    /// labels.
    nodes: Vec<Node>,
    /// The labels of all nodes.
    labels: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    label: u32,
    label_len: u32,
    children: u32,
    value: Option<u32>,
    child_count: u16,
    first: u8,
}

/// A node whose children are still to be made: of these entries, each with that much consumed.
struct Unfinished {
    node: usize,
    from: usize,
    to: usize,
    depth: usize,
}

impl Prefixes {
    /// A trie of these prefixes. The first of two that are equal counts.
    pub fn new<'a>(entries: impl IntoIterator<Item = (&'a str, u32)>) -> Prefixes {
        let mut entries: Vec<(&[u8], u32)> =
            entries.into_iter().map(|(text, value)| (text.as_bytes(), value)).collect();
        entries.sort_by_key(|(text, _)| *text);
        entries.dedup_by_key(|(text, _)| *text);
        let mut made = Prefixes { nodes: vec![Node::default()], labels: Vec::new() };
        // Level by level rather than by recursion: prefixes may nest thousands deep.
        let mut queue =
            std::collections::VecDeque::from([Unfinished { node: 0, from: 0, to: entries.len(), depth: 0 }]);
        while let Some(Unfinished { node, mut from, to, depth }) = queue.pop_front() {
            if let Some((text, value)) = entries[from..to].first()
                && text.len() == depth
            {
                made.nodes[node].value = Some(*value);
                from += 1;
            }
            made.nodes[node].children = index(made.nodes.len());
            while from < to {
                let first = entries[from].0[depth];
                let end = from + entries[from..to].partition_point(|(text, _)| text[depth] == first);
                // The entries are sorted, so what the first and the last have in common all have.
                let (low, high) = (entries[from].0, entries[end - 1].0);
                let common =
                    depth + low[depth..].iter().zip(&high[depth..]).take_while(|(a, b)| a == b).count();
                let label = index(made.labels.len());
                made.labels.extend_from_slice(&low[depth..common]);
                queue.push_back(Unfinished { node: made.nodes.len(), from, to: end, depth: common });
                made.nodes.push(Node { label, label_len: index(common - depth), first, ..Node::default() });
                made.nodes[node].child_count += 1;
                from = end;
            }
        }
        made
    }

    /// The number of the longest prefix that `text` begins with.
    pub fn longest(&self, text: &str) -> Option<u32> {
        let mut rest = text.as_bytes();
        let mut node = self.nodes.first()?;
        let mut found = node.value;
        while let Some(byte) = rest.first() {
            let children = &self.nodes[node.children as usize..][..usize::from(node.child_count)];
            let Ok(at) = children.binary_search_by_key(byte, |child| child.first) else { break };
            node = &children[at];
            let label = &self.labels[node.label as usize..][..node.label_len as usize];
            let Some(after) = rest.strip_prefix(label) else { break };
            rest = after;
            found = node.value.or(found);
        }
        found
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).expect("the rules of a deployment fit in 64 MiB")
}
