Feature: Fork

  Scenario: The first voice of a race wins
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: race, version: 0.1.0 }
    do:
      - entrance:
          fork:
            compete: true
            branches:
              - alto: { set: { singing: '${ .singing + ["alto"] }' } }
              - tenor: { set: { singing: '${ .singing + ["tenor"] }' } }
              - bass: { set: { singing: '${ .singing + ["bass"] }' } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow output should have a 'singing' property containing 1 items
