//! Rows for other programs.

use keydeck::wire::sheet::{csv, markdown};

fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned())).collect()
}

#[test]
fn no_cell_of_a_csv_is_a_formula() {
    let rows = ["=1+1", "+a", "-a", "@SUM(A1)", " =1", "\t=1", "a=1", "-5", "+5", "a,\"b\"", ""];
    let rows: Vec<_> = rows.iter().map(|cell| row(&["x", cell])).collect();
    let text = String::from_utf8(csv(&["id", "name"], &rows)).expect("UTF-8");
    let expected = "id,name\nx,'=1+1\nx,'+a\nx,'-a\nx,'@SUM(A1)\nx,' =1\nx,'\t=1\nx,a=1\nx,-5\nx,+5\n\
                    x,\"a,\"\"b\"\"\"\nx,\n";
    assert_eq!(text, expected);
}

#[test]
fn a_text_in_markdown_stands_for_itself() {
    let rows = [
        row(&["a|b", "**bold** _it_", "<script>&"]),
        row(&["[x](https://example.com)", "two\nlines", ""]),
        row(&["\u{1b}[2J\u{202e}", "redir_live_7kf2****...****x9m1", "`code` #1 ~~x~~"]),
    ];
    let expected = "| name | reason | from |\n| --- | --- | --- |\n\
        | a\\|b | \\*\\*bold\\*\\* \\_it\\_ | &lt;script>&amp; |\n\
        | \\[x\\](https://example.com) | two lines |  |\n\
        | \u{fffd}\\[2J\u{fffd} | redir\\_live\\_7kf2\\*\\*\\*\\*...\\*\\*\\*\\*x9m1 | \\`code\\` \\#1 \\~\\~x\\~\\~ |\n";
    assert_eq!(markdown(&["name", "reason", "from"], &rows), expected);
}
