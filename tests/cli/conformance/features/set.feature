Feature: Set

  Scenario: Values are set from the input
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: values, version: 0.1.0 }
    do:
      - voice: { set: { kind: flute, range: '${ .part.range }', pan: '${ .part.pan }' } }
    """
    And given the workflow input is:
    """yaml
    part:
      range: { low: 60, high: 96 }
      pan: { left: 20, right: 80 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    kind: flute
    range: { low: 60, high: 96 }
    pan: { left: 20, right: 80 }
    """
