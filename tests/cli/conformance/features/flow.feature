Feature: The order of tasks

  Scenario: Tasks run in the order of the document
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: order, version: 0.1.0 }
    do:
      - exposition: { set: { form: '${ .form + ["a"] }' } }
      - development: { set: { form: '${ .form + ["b"] }' } }
      - recapitulation: { set: { form: '${ .form + ["c"] }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    form: [a, b, c]
    """
    And exposition should run first
    And development should run after exposition
    And recapitulation should run after development

  Scenario: Tasks run in the order that they name
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: jumps, version: 0.1.0 }
    do:
      - exposition: { set: { form: '${ .form + ["a"] }' }, then: development }
      - recapitulation: { set: { form: '${ .form + ["c"] }' }, then: end }
      - development: { set: { form: '${ .form + ["b"] }' }, then: recapitulation }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    form: [a, b, c]
    """
    And exposition should run first
    And development should run after exposition
    And recapitulation should run after development
