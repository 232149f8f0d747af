use super::*;
use crate::rng::derive_rng;
use crate::space::graph::refined_colours;

/// The genotype in NAS-Bench-301's example, and what its `convert_genotype_to_config` makes of it.
const GENOTYPE: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), \
     ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], \
     normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), \
     ('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], \
     reduce_concat=[2, 3, 4, 5])";
const CONFIG: &[(&str, &str)] = &[
    ("edge_normal_0", "sep_conv_3x3"),
    ("edge_normal_1", "sep_conv_3x3"),
    ("edge_normal_2", "sep_conv_3x3"),
    ("edge_normal_3", "sep_conv_3x3"),
    ("inputs_node_normal_3", "0_1"),
    ("edge_normal_6", "sep_conv_3x3"),
    ("edge_normal_5", "skip_connect"),
    ("inputs_node_normal_4", "0_1"),
    ("edge_normal_9", "skip_connect"),
    ("edge_normal_11", "dil_conv_3x3"),
    ("inputs_node_normal_5", "0_2"),
    ("edge_reduce_0", "max_pool_3x3"),
    ("edge_reduce_1", "max_pool_3x3"),
    ("edge_reduce_4", "skip_connect"),
    ("edge_reduce_3", "max_pool_3x3"),
    ("inputs_node_reduce_3", "1_2"),
    ("edge_reduce_5", "max_pool_3x3"),
    ("edge_reduce_7", "skip_connect"),
    ("inputs_node_reduce_4", "0_2"),
    ("edge_reduce_11", "skip_connect"),
    ("edge_reduce_10", "max_pool_3x3"),
    ("inputs_node_reduce_5", "1_2"),
];

fn config() -> Map<String, Value> {
    let entry = |&(key, value): &(&str, &str)| {
        let key = format!("NetworkSelectorDatasetInfo:darts:{key}");
        (key, Value::from(value))
    };
    CONFIG.iter().map(entry).collect()
}

#[test]
fn the_published_example_reads_in_both_forms() {
    let space = Darts::shared();
    let arch = space.parse(GENOTYPE).expect("published");
    assert_eq!(space.from_config(&config()), Ok(arch));
    let json = Value::Object(config()).to_string();
    assert_eq!(space.parse(&json), Ok(arch));
    // Printed with the sources of each node in order.
    let text = space.display(&arch);
    assert!(text.contains("('skip_connect', 0), ('sep_conv_3x3', 1), ('skip_connect', 0)"));
    assert_eq!(space.parse(&text), Ok(arch));
    let ranges = text.replace("[2, 3, 4, 5]", "range(2, 6)");
    assert_eq!(space.parse(&ranges), Ok(arch));
}

/// 7^16 × 180² raw architectures, each a configuration of its own.
#[test]
fn raw_architectures_are_counted() {
    let space = Darts::shared();
    assert_eq!(space.raw_size(), 7_u64.pow(16) * 180 * 180);
    assert!(space.class_count() < space.raw_size());
}

/// Nodes exchanged in the text are the same class, and the graphs' neighbourhoods agree.
#[test]
fn exchanged_nodes_share_the_class() {
    let space = Darts::shared();
    let mut rng = derive_rng(8, &["exchanged"]);
    for _ in 0..2_000 {
        let arch = space.sample(&mut rng);
        let [mut normal, reduce] = cells_of(&arch);
        let [_, (source, _)] = normal.nodes[2];
        // Nodes 3 and 4 (behind two inputs) change places unless the later reads the earlier.
        if source == 3 {
            continue;
        }
        normal.nodes.swap(1, 2);
        for (at, _) in normal.nodes[3].iter_mut() {
            *at = match *at {
                3 => 4,
                4 => 3,
                other => other,
            };
        }
        normal.nodes[3].sort_unstable();
        let same = architecture_of([normal, reduce]);
        assert_eq!(space.class(&arch), space.class(&same));
        assert_eq!(space.canonical(&arch), space.canonical(&same));
        let colours = |arch| refined_colours(&space.graph(arch).expect("a structure"));
        assert_eq!(colours(&arch), colours(&same));
    }
}

#[test]
fn the_graph_has_what_each_operation_reads() {
    let space = Darts::shared();
    let graph = space.graph(&space.parse(GENOTYPE).expect("published"));
    let graph = graph.expect("a graph");
    // Two inputs and eight operations for each cell.
    assert_eq!(graph.nodes().len(), 22);
    let label = |node: u8| graph.labels()[usize::from(graph.nodes()[usize::from(node)])];
    let read = |node: u8| {
        let edges = graph.edges().iter().filter(|&&(_, to)| to == node);
        edges.map(|&(from, _)| label(from)).collect::<Vec<_>>()
    };
    // The last operation of the normal cell, on its first node.
    assert_eq!(label(10), "normal dil_conv_3x3");
    assert_eq!(read(10), ["normal sep_conv_3x3", "normal sep_conv_3x3"]);
    assert_eq!(read(3), ["normal c_{k-2}"]);
    // The inputs of a cell do not reach the output by themselves.
    assert_eq!(read(21).len(), 16);
}

#[test]
fn malformed_texts_say_what_was_expected() {
    let space = Darts::shared();
    let error = |text: &str| space.parse(text).expect_err(text).to_string();
    assert!(error("").contains("two cells"));
    assert!(error("{").contains("not a JSON object"));
    assert!(error("{}").contains("lacks `edge_normal_0`"));
    assert!(error(&GENOTYPE.replace("dil_conv_3x3", "dil_conv_7x7")).contains("did you mean"));
    assert!(error(&GENOTYPE.replace("normal_concat=[2, ", "normal_concat=[")).contains("all four"));
    assert!(
        error(&GENOTYPE.replace("('dil_conv_3x3', 2)", "('dil_conv_3x3', 5)")).contains("node 5")
    );
    assert!(
        error(&GENOTYPE.replace("('dil_conv_3x3', 2)", "('dil_conv_3x3', 0)")).contains("node 5")
    );
    assert!(error(&GENOTYPE.replace(", ('dil_conv_3x3', 2)", "")).contains("7 pairs"));
    let mut config = config();
    config.insert(
        "NetworkSelectorDatasetInfo:darts:inputs_node_normal_3".into(),
        "1_9".into(),
    );
    assert!(
        space
            .from_config(&config)
            .expect_err("no source 9")
            .to_string()
            .contains("1_9")
    );
}
