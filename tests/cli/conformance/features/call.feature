Feature: Calls of services

  Scenario: The content of a response is the output
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: content, version: 0.1.0 }
    do:
      - askForOne:
          call: http
          with:
            method: get
            endpoint: { uri: 'https://pets.example/v2/pet/findByStatus?status={wanted}' }
          output: { as: '.[0]' }
    """
    And given the workflow input is:
    """yaml
    wanted: pending
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow output should have properties 'id', 'name'
    And the workflow output should have a 'status' property with value:
    """yaml
    pending
    """

  Scenario: The response is the output
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: response, version: 0.1.0 }
    do:
      - askForOne:
          call: http
          with:
            method: get
            endpoint: { uri: 'https://pets.example/v2/pet/{number}' }
            output: response
    """
    And given the workflow input is:
    """yaml
    number: 7
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow output should have properties 'request.method', 'request.uri', 'request.headers', 'headers'
    And the workflow output should have properties 'content.name', 'content.status'
    And the workflow output should have a 'content.id' property with value:
    """yaml
    7
    """
    And the workflow output should have a 'statusCode' property with value:
    """yaml
    200
    """

  Scenario: Name and password are sent
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: password, version: 0.1.0 }
    do:
      - enter:
          call: http
          with:
            method: get
            endpoint:
              uri: https://login.example/basic-auth/{name}/{word}
              authentication: { basic: { username: '${ .name }', password: '${ .word }' } }
    """
    And given the workflow input is:
    """yaml
    name: clara
    word: arpeggio
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow output should have a 'authenticated' property with value:
    """yaml
    true
    """

  Scenario: The content of an operation's response is the output
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: operation, version: 0.1.0 }
    do:
      - count:
          call: openapi
          with:
            document: { endpoint: https://pets.example/v2/swagger.json }
            operationId: findPetsByStatus
            parameters: { status: '${ .wanted }' }
          output: { as: length }
    """
    And given the workflow input is:
    """yaml
    wanted: sold
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    2
    """

  Scenario: The response of an operation is the output
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: operation-response, version: 0.1.0 }
    do:
      - askForOne:
          call: openapi
          with:
            document: { endpoint: https://pets.example/v2/swagger.json }
            operationId: getPetById
            parameters: { petId: '${ .number }' }
            output: response
    """
    And given the workflow input is:
    """yaml
    number: 3
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow output should have properties 'request.method', 'request.uri', 'request.headers', 'headers', 'statusCode'
    And the workflow output should have properties 'content.name', 'content.status'
    And the workflow output should have a 'content.id' property with value:
    """yaml
    3
    """
