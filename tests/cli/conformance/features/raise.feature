Feature: Raise

  Scenario: An error names the task that raises it
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: alarm, version: 0.1.0 }
    do:
      - stopTheBand:
          raise:
            error:
              type: https://open-workflow-specification.org/spec/1.0.0/errors/validation
              status: 400
              title: Wrong key
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/validation
    status: 400
    title: Wrong key
    instance: /do/0/stopTheBand
    """
    And stopTheBand should fault
