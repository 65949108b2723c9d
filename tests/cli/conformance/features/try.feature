Feature: Try

  Scenario: An error that is caught is handled
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: caught, version: 0.1.0 }
    do:
      - search:
          try:
            - ask:
                call: http
                with: { method: get, endpoint: { uri: 'https://pets.example/v2/names/{wanted}' } }
          catch:
            errors:
              with:
                type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
                status: 404
            as: reason
            do:
              - note: { set: { gone: '${ $reason }' } }
    """
    And given the workflow input is:
    """yaml
    wanted: Rex
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow output should have properties 'gone.type', 'gone.status', 'gone.title'
    And the workflow output should have a 'gone.instance' property with value:
    """yaml
    /do/0/search/try/0/ask
    """
    And ask should fault
    And search should complete
    And note should run last

  Scenario: An error of another status is not caught
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: not-caught, version: 0.1.0 }
    do:
      - search:
          try:
            - ask:
                call: http
                with: { method: get, endpoint: { uri: 'https://pets.example/v2/names/{wanted}' } }
          catch:
            errors:
              with:
                type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
                status: 503
            as: reason
            do:
              - note: { set: { gone: '${ $reason }' } }
    """
    And given the workflow input is:
    """yaml
    wanted: Rex
    """
    When the workflow is executed
    Then the workflow should fault
    And search should fault
