//! nginx and HAProxy themselves, on a socket of their own: they take every export, and redirect as lookups do.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keydeck::edge::export::{Format, text};
use keydeck::edge::ruleset::Ruleset;
use keydeck::wire::rules::destination::encoded;
use keydeck::wire::rules::{Match, Rule, canonical_path};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use super::{hostile_rules, rules_of};
use crate::support::{program, skipped};

/// How many sets of rules each program is given.
const SETS: usize = 150;

#[test]
fn nginx_redirects_as_lookups_do() {
    let Some(nginx) = program("nginx") else { return skipped("exports in nginx: nginx is not installed") };
    let mut runner = TestRunner::deterministic();
    let sets: Vec<Vec<Rule>> =
        (0..SETS).map(|_| draw(&mut runner, &clean_rules(&["%25", "%3F", "%23"]))).collect();
    let dir = tempfile::tempdir().expect("a directory");
    let mut http = String::new();
    for (number, rules) in sets.iter().enumerate() {
        let include = |name: &str, text: &str| {
            let path = dir.path().join(format!("{name}{number}"));
            std::fs::write(&path, text).expect("written");
            path
        };
        let whole = include("whole", &text(Format::Nginx, rules));
        // As a server of its own would have it: the names are fixed, so that one server can have one alone.
        let renamed = |format, name: &str| {
            let text = text(format, rules);
            let numbered =
                text.replacen(&format!("map $uri {name} {{"), &format!("map $uri {name}_{number} {{"), 1);
            assert_ne!(numbered, text);
            numbered
        };
        let exact = include("exact", &renamed(Format::NginxMapExact, "$redirect_exact"));
        let prefix = include("prefix", &renamed(Format::NginxMapPrefix, "$redirect_prefix"));
        write!(
            http,
            "include {exact};\ninclude {prefix};\n\
             server {{ listen unix:{socket}; server_name whole{number}; include {whole};\n\
             location / {{ return 204; }} }}\n\
             server {{ listen unix:{socket}; server_name maps{number};\n\
             if ($redirect_exact_{number}) {{ return 301 $redirect_exact_{number}; }}\n\
             if ($redirect_prefix_{number}) {{ return 301 $redirect_prefix_{number}; }}\n\
             location / {{ return 204; }} }}\n",
            exact = exact.display(),
            prefix = prefix.display(),
            whole = whole.display(),
            socket = dir.path().join("socket").display(),
        )
        .expect("memory");
    }
    let server = start_nginx(&nginx, dir, &http);
    let mut redirected = 0;
    for (number, rules) in sets.iter().enumerate() {
        let ruleset = Ruleset::compile(1, rules);
        for path in paths(&mut runner, rules) {
            for sent in [sent(&path, false), sent(&path, true)] {
                let expected = looked_up(rules, &ruleset, &sent);
                redirected += usize::from(expected.is_some());
                let found = server.get(&format!("whole{number}"), &sent);
                assert_eq!(found, expected, "{sent} in {}", text(Format::Nginx, rules));
                let found = server.get(&format!("maps{number}"), &sent);
                let expected = without_case(rules, &path).or(expected.map(|(_, to)| (301, to)));
                assert_eq!(
                    found,
                    expected,
                    "{sent} in {}{}",
                    text(Format::NginxMapExact, rules),
                    text(Format::NginxMapPrefix, rules)
                );
            }
        }
    }
    assert!(redirected > SETS, "{redirected}: enough was redirected to tell");
}

#[test]
fn haproxy_redirects_as_lookups_do() {
    let Some(haproxy) = program("haproxy") else {
        return skipped("exports in HAProxy: haproxy is not installed");
    };
    let mut runner = TestRunner::deterministic();
    let sets: Vec<Vec<Rule>> = (0..SETS)
        .map(|_| draw(&mut runner, &clean_rules(&["%25", "%3F", "%23", "%2F", "//", "/."])))
        .collect();
    let dir = tempfile::tempdir().expect("a directory");
    let mut backends = String::new();
    for (number, rules) in sets.iter().enumerate() {
        let map = |name: &str, format| {
            let path = dir.path().join(format!("{name}{number}"));
            std::fs::write(&path, text(format, rules)).expect("written");
            path.display().to_string()
        };
        let (exact, prefix) =
            (map("exact", Format::HaproxyMapExact), map("prefix", Format::HaproxyMapPrefix));
        writeln!(backends, "backend whole{number}").expect("memory");
        backends.push_str(&text(Format::Haproxy, rules));
        backends.push_str("http-request return status 204\n");
        writeln!(backends, "backend maps{number}").expect("memory");
        for (file, how) in [(exact, "map_str"), (prefix, "map_beg")] {
            writeln!(
                backends,
                "http-request redirect location %[path,{how}({file})] code 301 if {{ path,{how}({file}) -m found }}"
            )
            .expect("memory");
        }
        backends.push_str("http-request return status 204\n");
    }
    let server = start_haproxy(&haproxy, dir, &backends);
    let mut redirected = 0;
    for (number, rules) in sets.iter().enumerate() {
        let ruleset = Ruleset::compile(1, rules);
        for path in paths(&mut runner, rules) {
            for odd in [false, true] {
                let sent = sent(&path, odd);
                let expected = looked_up(rules, &ruleset, &sent);
                redirected += usize::from(expected.is_some());
                let found = server.get(&format!("whole{number}"), &sent);
                assert_eq!(found, expected, "{sent} in {}", text(Format::Haproxy, rules));
                if !odd {
                    let found = server.get(&format!("maps{number}"), &sent);
                    let expected = expected.map(|(_, to)| (301, to));
                    assert_eq!(
                        found,
                        expected,
                        "{sent} in {}{}",
                        text(Format::HaproxyMapExact, rules),
                        text(Format::HaproxyMapPrefix, rules)
                    );
                }
            }
        }
    }
    assert!(redirected > SETS, "{redirected}: enough was redirected to tell");
}

/// Destinations, and the bytes of the `Location` header that they become.
const LOCATIONS: [(&str, &str); 6] = [
    ("/é", "/%C3%A9"),
    ("/%C3%A9/日本", "/%C3%A9/%E6%97%A5%E6%9C%AC"),
    ("/a b \"c\" <d> {e} `f` \\g", "/a%20b%20%22c%22%20%3Cd%3E%20%7Be%7D%20%60f%60%20%5Cg"),
    ("/100%", "/100%25"),
    ("https://bücher.example/ü?q=ß%20#ö", "https://xn--bcher-kva.example/%C3%BC?q=%C3%9F%20#%C3%B6"),
    ("https://例え.example:8443", "https://xn--r8jz45g.example:8443"),
];

fn rules_of_locations() -> Vec<Rule> {
    let rules = LOCATIONS.iter().enumerate().flat_map(|(number, (destination, _))| {
        [Match::Exact, Match::StartsWith].map(|matching| Rule {
            source: format!("/{matching:?}{number}"),
            destination: (*destination).to_owned(),
            status: 301,
            matching,
            priority: 0,
        })
    });
    rules.collect()
}

fn assert_locations(server: &Server, hosts: &[&str]) {
    for (number, (destination, location)) in LOCATIONS.iter().enumerate() {
        for (host, source) in
            hosts.iter().flat_map(|host| ["Exact", "StartsWith"].map(|source| (host, source)))
        {
            let found = server.get(host, &format!("/{source}{number}"));
            assert_eq!(found, Some((301, (*location).to_owned())), "{destination} of {host}");
        }
    }
}

#[test]
fn a_location_header_of_nginx_is_ascii() {
    let Some(nginx) = program("nginx") else { return skipped("locations in nginx: nginx is not installed") };
    let dir = tempfile::tempdir().expect("a directory");
    let (rules, socket) = (rules_of_locations(), dir.path().join("socket"));
    let http = format!(
        "{}{}server {{ listen unix:{socket}; server_name whole;\n{}}}\n\
         server {{ listen unix:{socket}; server_name maps;\n\
         if ($redirect_exact) {{ return 301 $redirect_exact; }}\n\
         if ($redirect_prefix) {{ return 301 $redirect_prefix; }} }}\n",
        text(Format::NginxMapExact, &rules),
        text(Format::NginxMapPrefix, &rules),
        text(Format::Nginx, &rules),
        socket = socket.display(),
    );
    assert_locations(&start_nginx(&nginx, dir, &http), &["whole", "maps"]);
}

#[test]
fn a_location_header_of_haproxy_is_ascii() {
    let Some(haproxy) = program("haproxy") else {
        return skipped("locations in HAProxy: haproxy is not installed");
    };
    let dir = tempfile::tempdir().expect("a directory");
    let rules = rules_of_locations();
    let mut backends = format!("backend whole\n{}backend maps\n", text(Format::Haproxy, &rules));
    for (format, how) in [(Format::HaproxyMapExact, "map_str"), (Format::HaproxyMapPrefix, "map_beg")] {
        let path = dir.path().join(how);
        std::fs::write(&path, text(format, &rules)).expect("written");
        let file = path.display();
        writeln!(
            backends,
            "http-request redirect location %[path,{how}({file})] code 301 if {{ path,{how}({file}) -m found }}"
        )
        .expect("memory");
    }
    assert_locations(&start_haproxy(&haproxy, dir, &backends), &["whole", "maps"]);
}

#[test]
fn both_start_with_whatever_rules_there_are() {
    let mut runner = TestRunner::deterministic();
    let mut sets: Vec<Vec<Rule>> = (0..SETS).map(|_| draw(&mut runner, &hostile_rules())).collect();
    sets.push(Vec::new());
    // The longest there may be, and many of them.
    let long = |c: char, matching, number: usize| Rule {
        source: format!("/{}{number}", c.to_string().repeat(2030)),
        destination: c.to_string().repeat(2048),
        status: 308,
        matching,
        priority: 0,
    };
    sets.push(
        ['a', '"', '\'', '\\', ' ', 'é', '\u{1f511}', '{', ';']
            .into_iter()
            .flat_map(|c| [(c, Match::Exact), (c, Match::StartsWith)])
            .enumerate()
            .map(|(number, (c, matching))| long(c, matching, number))
            .collect(),
    );
    sets.push(
        (0..5000)
            .map(|number| Rule {
                source: format!("/blog/{}/a-post-with-a-long-name-{number}", 2000 + number % 20),
                matching: if number % 2 == 0 { Match::Exact } else { Match::StartsWith },
                ..long('a', Match::Exact, number)
            })
            .collect(),
    );
    if let Some(nginx) = program("nginx") {
        for rules in &sets {
            let dir = tempfile::tempdir().expect("a directory");
            let mut http = String::new();
            for format in [Format::NginxMapExact, Format::NginxMapPrefix] {
                http.push_str(&text(format, rules));
            }
            write!(
                http,
                "server {{ listen unix:{}/s;\n{}\n}}\n",
                dir.path().display(),
                text(Format::Nginx, rules)
            )
            .expect("memory");
            let file = nginx_file(dir.path(), &http);
            checked(Command::new(&nginx).arg("-t").arg("-p").arg(dir.path()).arg("-c").arg(file), rules);
        }
    } else {
        skipped("nginx -t of exports: nginx is not installed");
    }
    if let Some(haproxy) = program("haproxy") {
        for rules in &sets {
            let dir = tempfile::tempdir().expect("a directory");
            let mut uses = String::new();
            for (name, format, how) in [
                ("exact", Format::HaproxyMapExact, "map_str"),
                ("prefix", Format::HaproxyMapPrefix, "map_beg"),
            ] {
                let path = dir.path().join(name);
                std::fs::write(&path, text(format, rules)).expect("written");
                writeln!(uses, "http-request redirect location %[path,{how}({})]", path.display())
                    .expect("memory");
            }
            let file = haproxy_file(dir.path(), &format!("{}{uses}", text(Format::Haproxy, rules)));
            checked(Command::new(&haproxy).arg("-c").arg("-f").arg(file), rules);
        }
    } else {
        skipped("haproxy -c of exports: haproxy is not installed");
    }
}

/// Rules of texts that both targets can hold.
fn clean_rules(more: &'static [&'static str]) -> impl Strategy<Value = Vec<Rule>> {
    let piece = prop_oneof![
        6 => "[aAb]",
        3 => "[ \"'$;{}\\\\()|*+^~=&,<>`@:!-]|\\[|\\]",
        1 => prop_oneof![Just("é"), Just("日"), Just("\u{1f511}")].prop_map(str::to_owned),
        2 => prop::sample::select(more).prop_map(str::to_owned),
    ];
    let segment = vec(piece.clone(), 1..3).prop_map(|pieces| pieces.concat());
    // Long ones too: 46 and 255 bytes are borders in nginx.
    let stretch = prop_oneof![8 => Just(0), 1 => 35..50usize, 1 => 240..265usize];
    let source = (vec(segment, 0..3), any::<bool>(), stretch).prop_map(|(segments, slash, stretch)| {
        let slash = if slash && !segments.is_empty() { "/" } else { "" };
        format!("/{}{}{slash}", "a".repeat(stretch), segments.join("/"))
    });
    let inner = vec(prop_oneof![3 => "[aAb/ ]", 2 => "[\"';{}\\\\()#%?&=é]|\\[|\\]"], 0..6);
    let destination = (inner, "[a-z]").prop_map(|(pieces, last)| format!("/to/{}{last}", pieces.concat()));
    rules_of(source, destination)
}

fn draw<T: std::fmt::Debug>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).expect("a value").current()
}

/// Canonical paths to ask for: those of the rules, what begins with them, what they begin with, their like.
fn paths(runner: &mut TestRunner, rules: &[Rule]) -> Vec<String> {
    let mut paths = vec!["/".to_owned(), "/a".to_owned()];
    for rule in rules {
        let path = canonical_path(&rule.source).expect("a good source");
        let more = draw(runner, &"[aAb]{1,2}(/[ab])?");
        paths.push(format!("{path}{more}"));
        paths.push(path.to_uppercase().replace("É", "é"));
        if let Some((at, last)) = path.char_indices().next_back()
            && last.is_ascii_alphabetic()
            && at > 1
            && !path[..at].ends_with('%')
        {
            let shorter = path[..at].to_owned();
            if canonical_path(&shorter).as_ref() == Ok(&shorter) {
                paths.push(shorter);
            }
        }
        paths.push(path);
    }
    paths
}

/// A canonical path as a client sends it; oddly: more is encoded than need be, in lower case.
fn sent(path: &str, odd: bool) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"/%-._~!$&'()*+,;=:@".contains(&byte);
        match byte {
            b'a' | b'$' | b'(' if odd => write!(out, "%{byte:02x}").expect("memory"),
            byte if plain => out.push(char::from(byte)),
            byte if odd => write!(out, "%{byte:02x}").expect("memory"),
            byte => write!(out, "%{byte:02X}").expect("memory"),
        }
    }
    if odd { out.replace("%2F", "%2f").replace("%3F", "%3f") } else { out }
}

/// What a lookup says to a path as it is sent.
fn looked_up(rules: &[Rule], ruleset: &Ruleset, sent: &str) -> Option<(u16, String)> {
    let path = canonical_path(sent).expect("a good path");
    let rule = &rules[ruleset.find(&path)? as usize];
    Some((rule.status, encoded(&rule.destination).into_owned()))
}

/// The one difference that nginx's maps have: a plain string is met without case, if no other source
/// differs from it in case alone and it is short.
fn without_case(rules: &[Rule], path: &str) -> Option<(u16, String)> {
    let uri = |path: &str| path.replace("%3F", "?").replace("%23", "#").replace("%25", "%");
    let wanted = uri(path);
    let mut alike = rules
        .iter()
        .filter(|rule| rule.matching == Match::Exact)
        .map(|rule| (uri(&canonical_path(&rule.source).expect("a good source")), rule))
        .filter(|(source, _)| source.eq_ignore_ascii_case(&wanted));
    match (alike.next(), alike.next()) {
        (Some((source, rule)), None) if source.len() <= 46 => {
            Some((301, encoded(&rule.destination).into_owned()))
        }
        _ => None,
    }
}

/// A program that runs; it is killed when this is dropped.
struct Server {
    child: Child,
    dir: TempDir,
}

impl Server {
    fn start(mut command: Command, dir: TempDir) -> Server {
        let log = std::fs::File::create(dir.path().join("said")).expect("a file");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn().expect("the program starts");
        let until = Instant::now() + Duration::from_mins(1);
        while UnixStream::connect(dir.path().join("socket")).is_err() {
            let ended = child.try_wait().expect("it can be asked").is_some();
            let said = || std::fs::read_to_string(dir.path().join("said")).unwrap_or_default();
            assert!(!ended && Instant::now() < until, "it does not listen: {}", said());
            std::thread::yield_now();
        }
        Server { child, dir }
    }

    /// Status and location of a redirect.
    fn get(&self, host: &str, path: &str) -> Option<(u16, String)> {
        let mut stream = UnixStream::connect(self.dir.path().join("socket")).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a timeout");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8(answer).expect("UTF-8");
        assert!(answer.is_ascii(), "{answer}");
        let status: u16 = answer.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        let location = answer
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("location")));
        match (status, location) {
            (204, None) => None,
            (300..=399, Some((_, location))) => Some((status, location.to_owned())),
            _ => panic!("{path}: {answer}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start_nginx(nginx: &Path, dir: TempDir, http: &str) -> Server {
    let file = nginx_file(dir.path(), http);
    let mut command = Command::new(nginx);
    command.arg("-p").arg(dir.path()).arg("-c").arg(file);
    Server::start(command, dir)
}

fn nginx_file(dir: &Path, http: &str) -> PathBuf {
    let file = dir.join("nginx.conf");
    let here = dir.display();
    let text = format!(
        "daemon off; master_process off; pid {here}/pid; error_log {here}/log;\nevents {{}}\nhttp {{\n\
         access_log off; absolute_redirect off; server_names_hash_max_size 4096;\n\
         client_body_temp_path {here}/t1; proxy_temp_path {here}/t2; fastcgi_temp_path {here}/t3;\n\
         uwsgi_temp_path {here}/t4; scgi_temp_path {here}/t5;\n{http}\n}}\n"
    );
    std::fs::write(&file, text).expect("written");
    file
}

fn start_haproxy(haproxy: &Path, dir: TempDir, backends: &str) -> Server {
    let file = haproxy_file(dir.path(), &format!("use_backend %[req.hdr(host)]\n{backends}"));
    let mut command = Command::new(haproxy);
    command.arg("-db").arg("-f").arg(file);
    Server::start(command, dir)
}

fn haproxy_file(dir: &Path, frontend: &str) -> PathBuf {
    let file = dir.join("haproxy.cfg");
    let text = format!(
        "defaults\nmode http\ntimeout client 60s\ntimeout server 60s\ntimeout connect 60s\n\
         frontend all\nbind unix@{}/socket\n{frontend}",
        dir.display()
    );
    std::fs::write(&file, text).expect("written");
    file
}

fn checked(command: &mut Command, rules: &[Rule]) {
    let out = command.output().expect("the program starts");
    assert!(out.status.success(), "{}\n{rules:#?}", String::from_utf8_lossy(&out.stderr));
}
