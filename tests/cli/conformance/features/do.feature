Feature: Do

  Scenario: The tasks of a group run one after the other
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: group, version: 0.1.0 }
    do:
      - build:
          do:
            - root: { set: { chord: '${ .chord + ["c"] }' } }
            - third: { set: { chord: '${ .chord + ["e"] }' } }
            - fifth: { set: { chord: '${ .chord + ["g"] }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    chord: [c, e, g]
    """
    And build should run first
    And fifth should run last
