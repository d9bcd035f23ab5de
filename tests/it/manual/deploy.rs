//! The files of `assets/deploy`: what they call, ask for and set exists, and the programs that read them take them.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use clap::Parser as _;
use keydeck::cli::args::Cli;
use serde_json::Value;

use super::commands::{calls, unknown};
use super::routes::{is_path, routes};
use super::{chapter, read, root};
use crate::support::home::{Home, KEYDECK, get};
use crate::support::{program, skipped};

const UNITS: [&str; 2] = ["keydeck.service", "keydeck-edge.service"];

/// Name and text of each file.
fn files() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join("assets/deploy")).expect("a folder").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), read(&format!("assets/deploy/{name}")))).collect()
}

/// The documents of a YAML file; `None`, said aloud, where nothing reads YAML.
fn yaml(name: &str) -> Option<Vec<Value>> {
    const READ: &str =
        "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let file = root().join("assets/deploy").join(name);
    let has_yaml = Command::new("python3").args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    if !has_yaml.is_ok_and(|status| status.success()) {
        skipped(&format!("{name} needs python3-yaml"));
        return None;
    }
    let out = Command::new("python3").args(["-c", READ]).arg(file).output().expect("python3 runs");
    assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
    Some(serde_json::from_slice(&out.stdout).expect("JSON"))
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
}

/// Panics unless the program takes these arguments.
fn takes(file: &str, args: &[String]) {
    let call: Vec<&str> = ["keydeck"].into_iter().chain(args.iter().map(String::as_str)).collect();
    if let Err(error) = Cli::try_parse_from(&call) {
        panic!("{file}: {}: {error}", call.join(" "));
    }
}

#[test]
fn each_command_of_the_units_and_the_image_is_one_that_the_program_takes() {
    for unit in UNITS {
        let text = read(&format!("assets/deploy/{unit}"));
        let starts: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("ExecStart=/usr/bin/keydeck ")).collect();
        assert_eq!(starts.len(), 1, "{unit}");
        takes(unit, &starts[0].split(' ').map(str::to_owned).collect::<Vec<_>>());
    }
    let image = read("assets/deploy/Containerfile");
    assert!(image.contains("\nENTRYPOINT [\"/keydeck\"]\n"), "what follows are its arguments");
    let commands = image.lines().filter_map(|line| line.trim().strip_prefix("CMD "));
    let commands: Vec<Vec<String>> =
        commands.map(|list| serde_json::from_str(list).expect("a list without a shell")).collect();
    assert_eq!(commands.len(), 2, "a health check and a start");
    for command in commands {
        takes("Containerfile", command.strip_prefix(&["/keydeck".to_owned()]).unwrap_or(&command));
    }
}

#[test]
fn each_node_of_compose_and_kubernetes_is_started_checked_and_ended_as_the_program_says() {
    let Some(compose) = yaml("compose.yaml") else { return };
    let services = &compose[0]["services"];
    for node in ["node-1", "node-2", "node-3"] {
        let node = &services[node];
        takes("compose.yaml", &texts(&node["command"]));
        let check = texts(&node["healthcheck"]["test"]);
        assert_eq!(check[..2], ["CMD", "/keydeck"], "there is no shell");
        takes("compose.yaml", &check[2..]);
        assert_eq!(node["read_only"], true);
    }
    let Some(documents) = yaml("kubernetes.yaml") else { return };
    let kinds: BTreeSet<_> = documents.iter().filter_map(|document| document["kind"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["PodDisruptionBudget", "Service", "StatefulSet"]));
    let set = documents.iter().find(|document| document["kind"] == "StatefulSet").expect("nodes");
    let pod = &set["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let args = texts(&container["args"]);
    takes("kubernetes.yaml", &args);
    // Longer than it takes to drain, to answer what has begun (5 s), to leave (1 s) and to write the last usage (5 s).
    let drain = args.iter().find_map(|arg| arg.strip_prefix("--drain=")?.parse::<u64>().ok());
    let grace = pod["terminationGracePeriodSeconds"].as_u64();
    assert!(grace.expect("seconds") > drain.expect("seconds") + 5 + 1 + 5, "{grace:?} {drain:?}");
    let ports = container["ports"].as_array().expect("ports");
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let get = &container[probe]["httpGet"];
        assert!(ports.iter().any(|port| port["name"] == get["port"]), "{probe}: {get}");
    }
    assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/readyz");
    assert_eq!(
        container["livenessProbe"]["httpGet"]["path"], "/healthz",
        "a lease that ends is no reason to die"
    );
}

#[test]
fn the_files_name_only_variables_routes_and_commands_that_exist() {
    let (variables, routes) = (chapter("configuration"), routes());
    let (mut wrong, mut asked, mut called) = (Vec::new(), 0, 0);
    for (file, text) in files() {
        for (at, _) in text.match_indices("KEYDECK_") {
            let name =
                text[at..].split(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap_or_default();
            if !variables.contains(&format!("`{name}`")) {
                wrong.push(format!("{file}: {name}"));
            }
        }
        let paths = ["uri ", "path: ", "/path: "].iter().flat_map(|before| text.split(before).skip(1));
        let paths =
            paths.filter_map(|rest| rest.split_whitespace().next()).filter(|path| path.starts_with('/'));
        for path in paths {
            asked += 1;
            if !routes.iter().any(|(method, known)| method == "GET" && is_path(path, known)) {
                wrong.push(format!("{file}: GET {path}"));
            }
        }
        for line in text.lines().filter_map(|line| line.strip_prefix("#   ")) {
            let line = line
                .split(" keydeck ")
                .last()
                .filter(|_| line.contains("env $("))
                .map_or_else(|| line.to_owned(), |rest| format!("keydeck {rest}"));
            for call in calls(&line) {
                called += 1;
                wrong.extend(unknown(&call).map(|why| format!("{file}: {line}: {why}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked >= 6 && called >= 2, "{asked} routes, {called} commands");
}

#[test]
fn the_manual_names_each_file() {
    let server = chapter("server");
    for (file, _) in files().iter().filter(|(file, _)| !file.ends_with(".dockerignore")) {
        assert!(server.contains(&format!("`{file}`")), "{file}");
    }
}

/// What the image is built from leaves nothing out that the build reads.
#[test]
fn the_image_is_built_from_all_that_the_build_reads() {
    let kept = read("assets/deploy/Containerfile.dockerignore");
    for file in ["Cargo.toml", "Cargo.lock", "assets", "src"] {
        assert!(kept.lines().any(|line| line == format!("!{file}")), "{file}");
    }
    // Cargo asks for the file of each target that the manifest names.
    for line in read("Cargo.toml").lines().filter_map(|line| line.strip_prefix("path = \"")) {
        let path = line.trim_end_matches('"');
        let is_kept = |kept: &str| path == kept || path.starts_with(&format!("{kept}/"));
        assert!(kept.lines().filter_map(|line| line.strip_prefix('!')).any(is_kept), "{path}");
    }
}

#[test]
fn systemd_takes_the_units() {
    let Some(systemd) = program("systemd-analyze") else {
        return skipped("units of systemd: systemd-analyze is not installed");
    };
    let dir = tempfile::tempdir().expect("a directory");
    let units: Vec<_> = UNITS
        .map(|unit| {
            let (text, path) = (read(&format!("assets/deploy/{unit}")), dir.path().join(unit));
            std::fs::write(&path, text.replace("/usr/bin/keydeck", KEYDECK)).expect("written");
            path
        })
        .into();
    let out = Command::new(&systemd).args(["verify", "--man=no"]).args(&units).output().expect("it runs");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    // It also looks at the units of the machine.
    let ours: Vec<_> = said.lines().filter(|line| line.contains("keydeck")).collect();
    assert!(out.status.success() && ours.is_empty(), "{said}");
    // In tenths: what is exposed of the system to a service that was taken over.
    let analyze = ["security", "--offline=yes", "--threshold=20"];
    let out = Command::new(&systemd).args(analyze).args(&units).output().expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}

#[test]
fn each_metric_that_the_manual_alerts_on_exists() {
    let home = Home::new();
    let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    let manage = server.until_said("management API on http://");
    let manage = manage.rsplit('/').next().expect("an address");
    server.until_said("ready");
    let token = std::fs::read_to_string(home.data().join("admin-token")).expect("the first token");
    let authorization = format!("Bearer {}", token.trim());
    let metrics = || get(manage, "/metrics", &[("Authorization", &authorization)]);
    // Requests are counted when they are answered.
    let (_, metrics) = (metrics(), metrics());
    assert_eq!(metrics.status, 200);
    let text = chapter("server");
    let named: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("| `keydeck_")).collect();
    assert!(named.len() > 5, "{named:?}");
    for line in named {
        let name = format!("keydeck_{}", line.split('`').next().unwrap_or_default());
        let found = metrics.body.lines().any(|line| line.starts_with(&name));
        assert!(found, "{name}:\n{}", metrics.body);
        for label in line.split('`').filter(|code| code.contains("=\"")) {
            let found = metrics.body.lines().any(|line| line.starts_with(&name) && line.contains(label));
            assert!(found, "{name}{{{label}}}:\n{}", metrics.body);
        }
    }
}
